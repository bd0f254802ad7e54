import {
  type ActivationSet,
  ActivationSetState,
  type ActivationSetSummary,
  ActivationSet as ActivationSets,
} from '@facet/contracts';
import { lineageOf } from '../sets/set-record.ts';
import type { SetDescription } from './describe-set.ts';
import { toSpec } from './spec-messages.ts';

/** How far a set has come, beyond its description. */
export interface Pace {
  rowsDone?: number;
  rate?: number;
}

/** Writes a set as the contract has it. */
export function toActivationSet(description: SetDescription, pace: Pace = {}): ActivationSet {
  const { record, state, error, updateTime, set } = description;
  return ActivationSets.fromPartial({
    name: `activationSets/${record.id}`,
    spec: toSpec(record.spec),
    state: ActivationSetState[state],
    progress: toProgress(description, pace),
    ...(error && { error }),
    ...(set && {
      summary: toSummary(set.manifest.body, set.manifest.files),
      lineage: {
        ...lineageOf(record, set.manifest.lineage.corpusSha256 ?? ''),
        activationSetId: record.id,
        activationSetSha256: set.sha256,
      },
    }),
    createTime: new Date(record.createTime),
    updateTime: new Date(updateTime),
  });
}

const STAGES = {
  PENDING: 'waiting',
  CAPTURING: 'capturing',
  ACTIVE: 'done',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

function toProgress({ state, committed, totalRows }: SetDescription, { rowsDone, rate = 0 }: Pace) {
  const done = rowsDone ?? [...committed.values()].reduce((sum, rows) => sum + rows, 0);
  const stage = state === 'CAPTURING' && done === 0 ? 'tokenizing' : STAGES[state];
  const isTimed = totalRows !== undefined && rate > 0;
  return {
    stage,
    done: BigInt(done),
    unit: 'tokens',
    rate,
    ...(totalRows !== undefined && { total: BigInt(totalRows) }),
    ...(isTimed && { etaSeconds: (totalRows - done) / rate }),
  };
}

type Manifest = NonNullable<SetDescription['set']>['manifest'];

function toSummary(body: Manifest['body'], files: Manifest['files']): ActivationSetSummary {
  const { rows, specialRows, documents, dIn, shards, meanNorm = 0, captureSeconds = 0 } = body;
  const { corpusFormat = '' } = body;
  const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
  return {
    rows: BigInt(rows),
    specialRows: BigInt(specialRows),
    documents: BigInt(documents),
    dIn,
    shards: shards.length,
    bytes: BigInt(bytes),
    meanNorm,
    captureSeconds,
    corpusFormat,
  };
}
