import { type ActivationSet, openActivationSet } from '@facet/artifacts';
import { absentAsUndefined } from '@facet/objects';
import type { CaptureContext } from '../capture-context.ts';
import type { SetOutcome, SetPlan, SetRecord } from '../sets/set-record.ts';

/** Where a set stands, put together from its documents. */
export interface SetDescription {
  record: SetRecord;
  state: 'PENDING' | 'CAPTURING' | 'ACTIVE' | 'FAILED' | 'CANCELLED';
  error?: SetOutcome['error'];
  /** When its state last changed. */
  updateTime: string;
  /** Rows of every committed partition, by number. */
  committed: ReadonlyMap<number, number>;
  /** Rows in all, once all inputs are written. */
  totalRows?: number;
  /** The artifact, in state ACTIVE. */
  set?: ActivationSet;
}

/** Describes the set of `id` as it is now; `not-found` where there is none. */
export async function describeSet(context: CaptureContext, id: string): Promise<SetDescription> {
  const { sets } = context;
  const record = await sets.read(id);
  const capture = sets.capture(record);
  const outcome = await capture.outcome();
  if (outcome && outcome.state !== 'ACTIVE')
    return {
      record,
      state: outcome.state,
      error: outcome.error,
      updateTime: outcome.time,
      committed: new Map(),
    };
  const set = outcome && (await openIfComplete(context, record));
  if (set) return describeActive(record, outcome, set);
  const start = await capture.started();
  if (!start) return { record, state: 'PENDING', updateTime: record.createTime, committed: new Map() };
  const plan = await capture.plan();
  const committed = new Map(
    (await capture.committed()).map((number) => [number, rowsOf(number, record, plan)]),
  );
  return {
    record,
    state: 'CAPTURING',
    updateTime: start.time,
    committed,
    ...(plan && { totalRows: plan.rows }),
  };
}

function describeActive(record: SetRecord, outcome: SetOutcome, set: ActivationSet): SetDescription {
  const { rows, shards } = set.manifest.body;
  const committed = new Map(shards.map((shard, number) => [number, shard.rows]));
  return { record, state: 'ACTIVE', updateTime: outcome.time, committed, totalRows: rows, set };
}

/** The outcome is decided before the manifest is written: for that moment the set is still being captured. */
async function openIfComplete(
  { store, sets }: CaptureContext,
  record: SetRecord,
): Promise<ActivationSet | undefined> {
  const set = await absentAsUndefined(() => openActivationSet(store, record.id));
  // A finisher that slept may have left that of a deleted set; it is replaced by the one of this set.
  return set?.manifest.folder === sets.capture(record).folder ? set : undefined;
}

/** All partitions are full but the last, which is known once the plan is written. */
function rowsOf(partition: number, { spec }: SetRecord, plan: SetPlan | undefined): number {
  return plan?.partitions[partition]?.rows ?? spec.partitionTokens;
}
