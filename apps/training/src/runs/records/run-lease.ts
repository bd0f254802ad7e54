import { isDeepStrictEqual } from 'node:util';
import { FacetError, isFacetError } from '@facet/errors';
import { JOB_TAKEN_OVER } from '@facet/events';
import { absentAsUndefined, type ObjectStore, readJson, writeJson } from '@facet/objects';
import { z } from 'zod';

const leaseSchema = z.object({
  /** 1 for the first worker of a run, one more for every further one. */
  epoch: z.number().int().positive(),
  /** Who holds it, for people. */
  worker: z.string(),
  time: z.string(),
  /** Step of the checkpoint from which it goes on. */
  step: z.number().int().nonnegative(),
});

/** One worker's turn at a run. */
export type LeaseRecord = z.infer<typeof leaseSchema>;

/** The right to write a run, held until another worker takes it. */
export interface RunLease extends LeaseRecord {
  /** Throws `aborted`, JOB_TAKEN_OVER, naming both workers, once another worker has taken the run over. */
  requireHeld(): Promise<void>;
}

const EPOCH_DIGITS = 8;
/** Workers that may begin at one step without coming to a checkpoint. */
const MAX_IDLE_TURNS = 5;

/**
 * Takes a run over: the new epoch is a document of its own that is written once, so of two workers one gets it, and
 * every worker of an earlier epoch is fenced out from then on. Throws `precondition`, NO_PROGRESS, where the last workers
 * all died before their first checkpoint.
 */
export async function takeLease(
  store: ObjectStore,
  prefix: string,
  { worker, step, attempt }: { worker: string; step: number; attempt: number },
): Promise<RunLease> {
  const folder = `${prefix}/leases`;
  for (;;) {
    const leases = await readLeases(store, folder);
    requireProgress(leases, step, attempt);
    const epoch = (leases.at(-1)?.epoch ?? 0) + 1;
    const record = { epoch, worker, time: new Date().toISOString(), step };
    try {
      await writeJson(store, keyOf(folder, epoch), record, { ifAbsent: true });
      return { ...record, requireHeld: () => requireHeld(store, folder, record) };
    } catch (error) {
      if (!isFacetError(error) || error.kind !== 'exists') throw error;
    }
  }
}

/** Every turn that a worker had at a run, in order. */
export async function readLeases(store: ObjectStore, folder: string): Promise<LeaseRecord[]> {
  const leases: LeaseRecord[] = [];
  for await (const { key } of store.list(folder)) leases.push(await readJson(store, key, leaseSchema));
  return leases;
}

/** Tells how many workers have had their turn at a run. */
export async function countLeases(store: ObjectStore, prefix: string): Promise<number> {
  return newestEpoch(store, `${prefix}/leases`);
}

async function requireHeld(store: ObjectStore, folder: string, held: LeaseRecord): Promise<void> {
  const newest = await newestEpoch(store, folder);
  const run = folder.slice(0, folder.lastIndexOf('/'));
  const lease =
    newest > 0 && (await absentAsUndefined(() => readJson(store, keyOf(folder, newest), leaseSchema)));
  if (lease && newest === held.epoch && isDeepStrictEqual(lease, held)) return;
  // Also where another run has its id by now: that one's epochs begin anew.
  if (!lease || newest <= held.epoch)
    throw new FacetError('cancelled', `${run} was deleted while it was trained`);
  const { worker } = lease;
  const message =
    `${run} was taken over by ${worker} (epoch ${newest}); ${held.worker} (epoch ${held.epoch}) stops and writes ` +
    'nothing more';
  throw new FacetError('aborted', message, { reason: JOB_TAKEN_OVER });
}

async function newestEpoch(store: ObjectStore, folder: string): Promise<number> {
  let newest = 0;
  for await (const { key } of store.list(folder))
    newest = Number(key.slice(folder.length + 1, -'.json'.length));
  return newest;
}

function requireProgress(leases: readonly LeaseRecord[], step: number, attempt: number): void {
  const last = leases.slice(-MAX_IDLE_TURNS);
  if (attempt <= MAX_IDLE_TURNS || last.length < MAX_IDLE_TURNS || last.some((turn) => turn.step !== step))
    return;
  const message =
    `${MAX_IDLE_TURNS} workers in a row ended before a checkpoint after step ${step}; ` +
    'look into their logs, or set checkpoint_steps lower';
  throw new FacetError('precondition', message, { reason: 'NO_PROGRESS' });
}

function keyOf(folder: string, epoch: number): string {
  return `${folder}/${String(epoch).padStart(EPOCH_DIGITS, '0')}.json`;
}
