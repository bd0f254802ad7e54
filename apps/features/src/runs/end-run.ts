import { IndexingRunEnded } from '@facet/contracts';
import type { EventBus } from '@facet/events';
import type { FeatureIndex } from '@facet/feature-index';
import type { RunOutcome, RunRecord } from './run-record.ts';
import type { RunStore } from './run-store.ts';

/** Subject of the event that tells how a run ended. */
export const ENDED_SUBJECT = 'facet.feature.index.ended';

export interface EndingParts {
  runs: RunStore;
  index: FeatureIndex;
  bus: EventBus;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * Ends a run: the first outcome written counts. A run that succeeded makes its index seen *after* that is decided, so a
 * cancelled run never shows its index; a worker that dies in between leaves the job to another, which publishes again.
 */
export async function endRun(
  parts: EndingParts,
  record: RunRecord,
  ending: Omit<RunOutcome, 'uid' | 'time'>,
): Promise<RunOutcome> {
  const time = new Date(parts.now()).toISOString();
  const outcome = await parts.runs.decide(record.id, { uid: record.uid, time, ...ending });
  await settleOutcome(parts, record, outcome);
  return outcome;
}

/** Does what follows from an outcome: publishes the index and the event; can be repeated. */
export async function settleOutcome(
  parts: EndingParts,
  record: RunRecord,
  outcome: RunOutcome,
): Promise<void> {
  const { index, bus, runs } = parts;
  if (await runs.settled(record.id)) return;
  if (outcome.index !== undefined) await index.publish(outcome.index);
  const event = IndexingRunEnded.encode({
    indexingRun: `indexingRuns/${record.id}`,
    time: new Date(outcome.time),
    state: outcome.state,
    sae: `saes/${record.sae}`,
  });
  await bus.publish(ENDED_SUBJECT, event.finish(), { id: `${record.id}.${record.uid}.ended` });
  await runs.markSettled(record.id);
}
