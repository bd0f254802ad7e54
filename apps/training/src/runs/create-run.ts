import { randomUUID } from 'node:crypto';
import { readSaeManifest } from '@facet/artifacts';
import { FacetError, isFacetError } from '@facet/errors';
import type { EventBus } from '@facet/events';
import { type CreateRequest, idOfRequest, parseId, requireRepeated } from '@facet/mesh';
import { absentAsUndefined, type ObjectStore } from '@facet/objects';
import { MAX_NORM, requireRange } from '@facet/sae-training';
import { openTrainingSets } from '../rows/training-sets.ts';
import { planMemory } from './memory-plan.ts';
import { hasVariants, membersOf, resolveMembers } from './records/run-members.ts';
import type { Run, RunRecord, RunSpec } from './records/run-record.ts';
import type { RunStore } from './records/run-store.ts';
import { jobOf } from './run-jobs.ts';

/** What a caller wants trained, and under which name. */
export interface CreateRunRequest {
  /** Empty: one is chosen. */
  id: string;
  /** Empty: every request is new. */
  requestId: string;
  /** `sae` may be empty: then it is the run's id. */
  spec: RunSpec;
}

export interface CreateRunDependencies {
  store: ObjectStore;
  runs: RunStore;
  bus: EventBus;
  /** Most memory that one run may plan for, bytes. */
  memoryBytes: number;
}

/** Largest share of the documents that may be held out. */
const MAX_HELD_OUT_FRACTION = 0.5;
/** A day. */
const MAX_CHECKPOINT_MINUTES = 1440;

/**
 * Checks everything that can be checked before training, plans the memory, writes the run and queues it; the same request sent
 * again finds the run that it made.
 */
export async function createRun(
  dependencies: CreateRunDependencies,
  request: CreateRunRequest,
): Promise<Run> {
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
  dependencies: CreateRunDependencies,
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

async function newRecord(
  { store, memoryBytes }: CreateRunDependencies,
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
