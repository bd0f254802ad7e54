import { type IndexingRun, IndexingRunState, Lineage } from '@facet/contracts';
import type { RunOutcome, RunProgress, RunView } from './run-record.ts';

/** Writes a run as a message. */
export function toIndexingRun(view: RunView): IndexingRun {
  const { record, start, outcome, progress } = view;
  return {
    name: `indexingRuns/${record.id}`,
    spec: {
      sae: `saes/${record.sae}`,
      activationSet: `activationSets/${record.activationSet}`,
      maxTokens: BigInt(record.maxTokens),
    },
    state: stateOf(view),
    progress: outcome === undefined && progress !== undefined ? toProgress(progress) : undefined,
    error: outcome?.error,
    summary: toSummary(outcome),
    lineage: Lineage.fromPartial(record.lineage),
    createTime: new Date(record.createTime),
    updateTime: new Date(outcome?.time ?? start?.time ?? record.createTime),
  };
}

function stateOf({ start, outcome }: RunView): IndexingRunState {
  if (outcome !== undefined) return IndexingRunState[outcome.state];
  return start === undefined ? IndexingRunState.PENDING : IndexingRunState.RUNNING;
}

function toProgress({ stage, done, total, unit, rate, etaSeconds }: RunProgress): IndexingRun['progress'] {
  return {
    stage,
    done: BigInt(done),
    total: total === undefined ? undefined : BigInt(total),
    unit,
    rate,
    etaSeconds,
  };
}

function toSummary(outcome: RunOutcome | undefined): IndexingRun['summary'] {
  if (outcome?.index === undefined) return undefined;
  const { tokens, excludedRows, events, liveFeatures } = outcome.index;
  return {
    tokens: BigInt(tokens),
    excludedRows: BigInt(excludedRows),
    events: BigInt(events),
    liveFeatures,
    l0: tokens === 0 ? 0 : events / tokens,
    seconds: outcome.seconds ?? 0,
    notices: outcome.notices ?? [],
  };
}
