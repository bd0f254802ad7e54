import { createHash } from 'node:crypto';
import {
  type Clients,
  describeTraining,
  doWork,
  formatBytes,
  formatCount,
  formatNumberOf,
  type Invocation,
  shortState,
  trainingWork,
} from '@facet/console';
import { type MemoryPlan, TrainingRun, TrainingSpec } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import type { NamedVariant } from '../parse/sweep.ts';

/** What to train; the same request finds the run that it started before. */
export interface ResumableRequest {
  /** Id of the run. @default one that follows from the spec */
  id?: string | undefined;
  spec: Partial<TrainingSpec>;
  /** SAEs to train together; their names follow the spec's `sae`. @default the one of the spec */
  variants?: readonly NamedVariant[];
}

/** Runs of one spec that failed or were cancelled are passed over, at most this many. */
const MAX_ATTEMPTS = 100;

/**
 * Trains, or goes on where the same request was interrupted: joins the run that is under way, resumes a paused one, takes a
 * finished one as it is. An interruption pauses the run at its service. Says the planned memory before it starts.
 */
export async function trainResumable(
  clients: Clients,
  request: ResumableRequest,
  invocation: Pick<Invocation, 'progress' | 'signal'>,
): Promise<TrainingRun> {
  const run = await createOrFind(clients, request, invocation.signal);
  const { memoryPlan, members } = run;
  const saes = members.length > 0 ? `${formatNumberOf(members.length, 'SAE')} on one reading; ` : '';
  if (memoryPlan) invocation.progress.note(`${saes}${describeMemoryPlan(memoryPlan)}`);
  return followTraining(clients, run, invocation);
}

/** Resumes a run where it is paused and follows it; an interruption pauses it. */
export async function followTraining(
  clients: Clients,
  { name, state, checkpoint }: TrainingRun,
  { progress, signal }: Pick<Invocation, 'progress' | 'signal'>,
): Promise<TrainingRun> {
  const step = {
    title: 'train',
    work: trainingWork(clients, name),
    start: async (signal: AbortSignal) => {
      if (shortState(state) !== 'PAUSED') return;
      await clients.training.resumeTrainingRun({ name }, { signal });
      progress.note(`${name} goes on from step ${formatCount(checkpoint?.step ?? 0)}`);
    },
    outcome: describeTraining,
    interrupted: {
      act: (signal: AbortSignal) => clients.training.pauseTrainingRun({ name }, { signal }),
      became: `is paused; the same command goes on, as does \`facet train resume ${name}\``,
    },
  };
  return doWork(step, { progress, signal });
}

/** Creates the run of a request, or finds the one that an equal request created. */
async function createOrFind(
  clients: Clients,
  { id, spec, variants = [] }: ResumableRequest,
  signal: AbortSignal,
): Promise<TrainingRun> {
  const hash = createHash('sha256')
    .update(JSON.stringify(toJson({ ...spec, variants: variants.map(({ variant }) => variant) })))
    .digest('hex');
  const first = id ?? `run-${hash.slice(0, 12)}`;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const trainingRunId = attempt === 1 ? first : `${first}-${attempt}`;
    const sae = spec.sae || `saes/${trainingRunId}`;
    const named = variants.map(({ name, variant }) => ({ ...variant, sae: `${sae}-${name}` }));
    const request = { trainingRunId, requestId: hash, spec: { ...spec, sae, variants: named } };
    const { trainingRun } = await clients.training.createTrainingRun(request, { signal });
    const run = TrainingRun.fromPartial(trainingRun ?? {});
    const state = shortState(run.state);
    if (state !== 'FAILED' && state !== 'CANCELLED') return run;
    if (id !== undefined) {
      const message = `${run.name} has ended as ${state}; delete it first, or give another --id`;
      throw new FacetError('exists', message);
    }
  }
  throw new FacetError('exhausted', `${MAX_ATTEMPTS} runs of these settings have failed; give an --id`);
}

function toJson(spec: Partial<TrainingSpec>): unknown {
  return TrainingSpec.toJSON(TrainingSpec.fromPartial(spec));
}

/** Says what a run will take: `1.2 GiB of memory planned, 4.0 GiB allowed: weights 9.0 MiB, …`. */
export function describeMemoryPlan(plan: MemoryPlan): string {
  const { weightsBytes, optimizerBytes, gradientsBytes, batchBytes, preActivationsBytes } = plan;
  const rows = plan.bufferRows > 0n ? `mixing buffer of ${formatCount(plan.bufferRows)} rows` : 'all rows';
  const parts = [
    ['weights', weightsBytes],
    ['Adam moments', optimizerBytes - gradientsBytes],
    ['gradients', gradientsBytes],
    ['a block of pre-activations', preActivationsBytes],
    ['batch', batchBytes - preActivationsBytes],
    ['copies of the weights', plan.copiesBytes],
    [rows, plan.rowsBytes],
  ] as const;
  const list = parts
    .filter(([, bytes]) => bytes > 0n)
    .map(([what, bytes]) => `${what} ${formatBytes(bytes)}`);
  const total = `${formatBytes(plan.totalBytes)} of memory planned, ${formatBytes(plan.limitBytes)} allowed`;
  return `${total}: ${list.join(', ')}`;
}
