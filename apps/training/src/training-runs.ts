import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSaeManifest } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import type { EventBus } from '@facet/events';
import { linkSignals, newId, parseId } from '@facet/mesh';
import { absentAsUndefined, type ObjectStore } from '@facet/objects';
import { requireRange, resolveConfig } from '@facet/sae-training';
import type { LiveRuns } from './live-runs.ts';
import { planMemory } from './memory-plan.ts';
import type { RunEvents } from './run-events.ts';
import type { Run, RunProgress, RunRecord, RunSpec } from './run-record.ts';
import type { RunStore } from './run-store.ts';
import { openTrainingSets } from './training-sets.ts';
import { toTrainingConfig } from './training-task.ts';

export interface CreateRunRequest {
  /** Empty: one is chosen. */
  id: string;
  /** Empty: every request is new. */
  requestId: string;
  /** `sae` may be empty: then it is the run's id. */
  spec: RunSpec;
}

/** The training runs of all replicas, as callers see them. */
export interface TrainingRuns {
  /** Checks everything that can be checked before training, plans the memory, and queues the run. */
  create(request: CreateRunRequest): Promise<Run>;
  get(id: string): Promise<Run>;
  /** Runs with ids after `after`, in order, at most `limit`. */
  list(after: string, limit: number): Promise<Run[]>;
  delete(id: string): Promise<void>;
  cancel(id: string): Promise<Run>;
  /** The run now and as it goes on; ends with its outcome. */
  watch(id: string, signal: AbortSignal): AsyncIterable<Run>;
}

export interface TrainingRunsDependencies {
  store: ObjectStore;
  runs: RunStore;
  bus: EventBus;
  live: LiveRuns;
  events: RunEvents;
  /** Most memory that one run may plan for, bytes. */
  memoryBytes: number;
}

/** Largest share of the documents that may be held out. */
const MAX_HELD_OUT_FRACTION = 0.5;
/** A watcher reads the run's documents again after this long without a live message. */
const WATCH_REFRESH_MS = 3_000;
/** How long a cancellation waits for a publication that won against it. */
const PUBLICATION_WAIT_MS = 10_000;
const PUBLICATION_POLL_MS = 100;

/** Creates the collection of training runs. */
export function createTrainingRuns(dependencies: TrainingRunsDependencies): TrainingRuns {
  const { runs, live } = dependencies;
  return {
    create: (request) => createRun(dependencies, request),
    get: runs.read,
    async list(after, limit) {
      const ids = (await runs.ids()).filter((id) => id > after).slice(0, limit);
      return Promise.all(ids.map(runs.read));
    },
    async delete(id) {
      const { outcome } = await runs.read(id);
      if (!outcome) {
        const message = `trainingRuns/${id} has not ended; cancel it first`;
        throw new FacetError('precondition', message, { reason: 'TRAINING_RUN_ACTIVE' });
      }
      await runs.delete(id);
    },
    cancel: (id) => cancelRun(dependencies, id),
    watch: (id, signal) => watchRun({ runs, live }, id, signal),
  };
}

async function createRun(dependencies: TrainingRunsDependencies, request: CreateRunRequest): Promise<Run> {
  const { runs, bus } = dependencies;
  const id = chooseId(request);
  const existing = await sameRequest(runs, id, request.requestId);
  const record = existing ?? (await newRecord(dependencies, id, request));
  if (!existing) await runs.create(record);
  try {
    await bus.enqueue('train', { id, payload: Buffer.from(JSON.stringify({ run: id, uid: record.uid })) });
  } catch (error) {
    if (!existing) await runs.delete(id);
    throw error;
  }
  return runs.read(id);
}

/** A request id without an id names the run by its hash, so that a repeated request finds it. */
function chooseId({ id, requestId }: CreateRunRequest): string {
  if (id !== '') return parseId(id, 'training_run_id');
  if (requestId === '') return newId('run');
  return `run-${createHash('sha256').update(requestId).digest('hex').slice(0, 16)}`;
}

async function sameRequest(runs: RunStore, id: string, requestId: string): Promise<RunRecord | undefined> {
  const record = await absentAsUndefined(() => runs.record(id));
  if (!record) return undefined;
  if (requestId !== '' && record.requestId === requestId) return record;
  throw new FacetError('exists', `trainingRuns/${id} exists already; choose another id`, {
    metadata: { resourceType: 'TrainingRun', resourceName: `trainingRuns/${id}` },
  });
}

async function newRecord(
  { store, memoryBytes }: TrainingRunsDependencies,
  id: string,
  request: CreateRunRequest,
): Promise<RunRecord> {
  const spec = { ...request.spec, sae: request.spec.sae || id };
  requireRange('held_out_fraction', spec.heldOutFraction, 0, MAX_HELD_OUT_FRACTION);
  await requireFreeSae(store, spec.sae);
  const sets = await openTrainingSets(store, spec.activationSets);
  const memory = planMemory(resolveConfig(toTrainingConfig(spec), sets), sets, memoryBytes);
  const createTime = new Date().toISOString();
  return { formatVersion: 1, id, uid: randomUUID(), requestId: request.requestId, createTime, spec, memory };
}

async function requireFreeSae(store: ObjectStore, id: string): Promise<void> {
  if (!(await absentAsUndefined(() => readSaeManifest(store, id)))) return;
  throw new FacetError('exists', `saes/${id} exists already; choose another spec.sae or delete it first`, {
    field: 'spec.sae',
    metadata: { resourceType: 'Sae', resourceName: `saes/${id}` },
  });
}

async function cancelRun({ runs, live, events }: TrainingRunsDependencies, id: string): Promise<Run> {
  const { record, outcome } = await runs.read(id);
  if (outcome) return runs.read(id);
  const { uid } = record;
  const claim = await runs.claim(id, { uid, by: 'cancel' });
  if (claim.by === 'publish') return waitForOutcome(runs, id);
  live.cancels.send(id, {});
  const time = new Date().toISOString();
  const held = await runs.end(id, { uid, state: 'CANCELLED', time });
  await events.runEnded(record, held);
  live.progress.send(id, { uid, time, stage: 'ended', done: 0, rate: 0 });
  return runs.read(id);
}

/**
 * Waits for the publication that won against a cancellation; a run that takes longer is given back as it is.
 */
async function waitForOutcome(runs: RunStore, id: string): Promise<Run> {
  for (let waitedMs = 0; waitedMs < PUBLICATION_WAIT_MS; waitedMs += PUBLICATION_POLL_MS) {
    const run = await runs.read(id);
    if (run.outcome) return run;
    await sleep(PUBLICATION_POLL_MS);
  }
  return runs.read(id);
}

async function* watchRun(
  { runs, live }: Pick<TrainingRunsDependencies, 'runs' | 'live'>,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<Run> {
  const stop = new AbortController();
  const linked = linkSignals([signal, stop.signal]);
  const messages = live.progress.listen(id, linked.signal);
  const latest = createLatest(messages);
  try {
    await messages.ready;
    let run = await runs.read(id);
    yield run;
    while (!run.outcome) {
      const progress = await latest.next(WATCH_REFRESH_MS, signal);
      const known = progress !== undefined && progress.stage !== 'ended' && progress.uid === run.record.uid;
      const start = run.start ?? { uid: run.record.uid, time: progress?.time ?? '' };
      run = known ? { ...run, start, progress } : await runs.read(id);
      yield run;
    }
  } finally {
    stop.abort();
    linked.dispose();
    await latest.done;
  }
}

interface Latest {
  /** The newest message that was not given yet; undefined when none comes in time. */
  next(timeoutMs: number, signal: AbortSignal): Promise<RunProgress | undefined>;
  done: Promise<void>;
}

/** Keeps only the newest message, so that a slow watcher skips what is old. */
function createLatest(messages: AsyncIterable<RunProgress>): Latest {
  let newest: RunProgress | undefined;
  let wake: () => void = () => undefined;
  const collect = async () => {
    try {
      for await (const message of messages) {
        newest = message;
        wake();
      }
    } catch {
      // The watcher has gone or the bus is closed: the next read of the run tells.
    }
    wake();
  };
  const done = collect();
  return {
    done,
    async next(timeoutMs, signal) {
      signal.throwIfAborted();
      if (newest === undefined) {
        const arrived = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const timer = new AbortController();
        await Promise.race([
          arrived,
          sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined),
        ]);
        timer.abort();
        signal.throwIfAborted();
      }
      const progress = newest;
      newest = undefined;
      return progress;
    },
  };
}
