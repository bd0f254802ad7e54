import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSaeManifest } from '@facet/artifacts';
import { FacetError, isFacetError } from '@facet/errors';
import type { EventBus, QueuedJob } from '@facet/events';
import { type CreateRequest, idOfRequest, parseId, requireRepeated } from '@facet/mesh';
import { absentAsUndefined, type ObjectStore } from '@facet/objects';
import { MAX_NORM, requireRange } from '@facet/sae-training';
import { openTrainingSets } from '../rows/training-sets.ts';
import type { LiveRuns } from './live-runs.ts';
import { planMemory } from './memory-plan.ts';
import { hasVariants, memberNumber, membersOf, resolveMembers } from './records/run-members.ts';
import type { Run, RunRecord, RunSpec } from './records/run-record.ts';
import { isResting, type RunStore } from './records/run-store.ts';
import type { RunMetrics } from './records/training-metrics.ts';
import type { RunEvents } from './run-events.ts';
import { jobOf } from './run-jobs.ts';
import { watchRun } from './run-watching.ts';

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
  /** Asks for a checkpoint and a rest, and waits a while for the worker's answer. */
  pause(id: string): Promise<Run>;
  /** Lets a paused run go on; what has ended or is under way is left as it is. */
  resume(id: string): Promise<Run>;
  /** The curves of one of the run's SAEs, or the first for an empty id, up to the newest checkpoint or whole. */
  metrics(id: string, sae: string): Promise<RunMetrics>;
  /** Ids of all runs, in order. */
  ids(): Promise<string[]>;
  /** The job of a run that has neither ended nor rests. */
  unfinished(id: string): AsyncIterable<QueuedJob>;
  /** The run now and as it goes on; ends with its outcome, or when it is paused. */
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
/** A day. */
const MAX_CHECKPOINT_MINUTES = 1440;
/** How long a cancellation waits for a publication that won against it, and a pause for its worker's answer. */
const ANSWER_WAIT_MS = 10_000;
const ANSWER_POLL_MS = 100;

/** Creates the collection of training runs. */
export function createTrainingRuns(dependencies: TrainingRunsDependencies): TrainingRuns {
  const { runs, live } = dependencies;
  return {
    create: (request) => createRun(dependencies, request),
    get: runs.read,
    async list(after, limit) {
      const found: Run[] = [];
      for (const id of await runs.ids()) {
        if (id <= after) continue;
        if (found.length === limit) break;
        // It may have been deleted since the ids were read.
        const run = await absentAsUndefined(() => runs.read(id));
        if (run !== undefined) found.push(run);
      }
      return found;
    },
    async delete(id) {
      const { record, outcome } = await runs.read(id);
      if (!outcome) {
        const message = `trainingRuns/${id} has not ended; cancel it first`;
        throw new FacetError('precondition', message, { reason: 'TRAINING_RUN_ACTIVE' });
      }
      if (!(await runs.delete(record))) throw deletedMeanwhile(id);
    },
    cancel: (id) => cancelRun(dependencies, id),
    pause: (id) => pauseRun(dependencies, id),
    resume: (id) => resumeRun(dependencies, id),
    async metrics(id, sae) {
      const { spec } = await runs.record(id);
      return runs.metrics(id, memberNumber(spec, sae));
    },
    ids: runs.ids,
    unfinished: (id) => unfinishedJobs(dependencies, id),
    watch: (id, signal) => watchRun({ runs, live }, id, signal),
  };
}

async function createRun(dependencies: TrainingRunsDependencies, request: CreateRunRequest): Promise<Run> {
  const { runs, bus } = dependencies;
  const id =
    request.id === '' ? idOfRequest('run', request.requestId) : parseId(request.id, 'training_run_id');
  const spec = nameSaes({ ...request.spec, sae: request.spec.sae || id });
  const asked = { requestId: request.requestId, content: spec };
  const isRepeated = await meetsItself(runs, id, asked);
  const ours = isRepeated ? undefined : await createRecord(dependencies, { ...request, id, spec });
  try {
    await bus.enqueue('train', jobOf(await runs.read(id)));
  } catch (error) {
    if (ours) await runs.delete(ours);
    throw error;
  }
  return runs.read(id);
}

/** Whether the same request has made the run of this id before; throws where another one has. */
async function meetsItself(runs: RunStore, id: string, asked: CreateRequest): Promise<boolean> {
  const record = await absentAsUndefined(() => runs.record(id));
  if (!record) return false;
  const { requestId, spec } = record;
  requireRepeated({ ...RESOURCE, id }, { requestId, content: spec }, asked);
  return true;
}

/** How errors name a run. */
const RESOURCE = {
  collection: 'trainingRuns',
  resourceType: 'TrainingRun',
  idField: 'training_run_id',
} as const;

/** Writes the record of a new run; undefined where the same request, sent twice at once, was faster. */
async function createRecord(
  dependencies: TrainingRunsDependencies,
  request: CreateRunRequest,
): Promise<RunRecord | undefined> {
  const { runs } = dependencies;
  const { id, requestId, spec } = request;
  const record = await newRecord(dependencies, request);
  try {
    await runs.create(record);
    return record;
  } catch (error) {
    if (!isFacetError(error) || error.kind !== 'exists') throw error;
    if (await meetsItself(runs, id, { requestId, content: spec })) return undefined;
    throw error;
  }
}

function deletedMeanwhile(id: string): FacetError {
  const resourceName = `trainingRuns/${id}`;
  return new FacetError('not-found', `${resourceName} was deleted meanwhile`, {
    metadata: { resourceType: RESOURCE.resourceType, resourceName },
  });
}

async function newRecord(
  { store, memoryBytes }: TrainingRunsDependencies,
  { id, requestId, spec }: CreateRunRequest,
): Promise<RunRecord> {
  requireRange('held_out_fraction', spec.heldOutFraction, 0, MAX_HELD_OUT_FRACTION);
  if (spec.max_norm_multiple !== undefined)
    requireRange('max_norm_multiple', spec.max_norm_multiple, 1, MAX_NORM);
  if (spec.checkpointMinutes !== undefined)
    requireRange('checkpoint_minutes', spec.checkpointMinutes, 0, MAX_CHECKPOINT_MINUTES);
  for (const { sae } of membersOf(spec)) await requireFreeSae(store, sae);
  const sets = await openTrainingSets(store, spec.activationSets);
  const configs = resolveMembers(spec, sets);
  const dropsOutliers = spec.max_norm_multiple !== undefined;
  const memory = planMemory({ configs, sets, dropsOutliers }, memoryBytes);
  const createTime = new Date().toISOString();
  return { formatVersion: 1, id, uid: randomUUID(), requestId, createTime, spec, memory };
}

/** Gives every SAE of a run its id; two of one id are refused. */
function nameSaes(spec: RunSpec): RunSpec {
  if (!hasVariants(spec)) return spec;
  const names = membersOf(spec).map(({ sae }) => parseId(sae, 'spec.variants.sae'));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    const message = `two of spec.variants get the name saes/${twice}; give each a name of its own`;
    throw new FacetError('invalid', message, { field: 'spec.variants' });
  }
  return { ...spec, variants: spec.variants?.map((variant, i) => ({ ...variant, sae: names[i] })) };
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
  if (claim.by === 'publish') return waitForRest(runs, id);
  live.cancels.send(id, {});
  const time = new Date().toISOString();
  const held = await runs.end(id, { uid, state: 'CANCELLED', time });
  await runs.checkpoints(record).deleteAll();
  await events.runEnded(record, held);
  live.progress.send(id, { uid, time, stage: 'ended', done: 0, rate: 0 });
  return runs.read(id);
}

/** Reads a run until it has ended or rests; a run that takes longer is given back as it is. */
async function waitForRest(runs: RunStore, id: string): Promise<Run> {
  for (let waitedMs = 0; waitedMs < ANSWER_WAIT_MS; waitedMs += ANSWER_POLL_MS) {
    const run = await runs.read(id);
    if (isResting(run)) return run;
    await sleep(ANSWER_POLL_MS);
  }
  return runs.read(id);
}

async function pauseRun({ runs, live }: TrainingRunsDependencies, id: string): Promise<Run> {
  const { outcome } = await runs.read(id);
  if (outcome) return runs.read(id);
  await runs.control(id).pause();
  live.pauses.send(id, {});
  return waitForRest(runs, id);
}

/** Queues the run also where it is not paused: a job that is there already is not queued twice. */
async function resumeRun({ runs, bus }: TrainingRunsDependencies, id: string): Promise<Run> {
  const { outcome } = await runs.read(id);
  if (outcome) return runs.read(id);
  await runs.control(id).resume();
  const run = await runs.read(id);
  await bus.enqueue('train', jobOf(run));
  return run;
}

async function* unfinishedJobs({ runs }: TrainingRunsDependencies, id: string): AsyncGenerator<QueuedJob> {
  if (await runs.hasEnded(id)) return;
  const run = await absentAsUndefined(() => runs.read(id));
  if (run && !isResting(run)) yield jobOf(run);
}
