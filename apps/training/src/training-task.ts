import { readSaeManifest } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import { linkSignals } from '@facet/mesh';
import { absentAsUndefined, type ObjectStore } from '@facet/objects';
import {
  type Checkpointing,
  type SavedCheckpoint,
  TRAINING_SUSPENDED,
  type TrainedSae,
  type TrainingConfig,
  trainSae,
} from '@facet/sae-training';
import { createCheckpointPolicy } from './checkpoint-policy.ts';
import { createPeakMemory, type PeakMemory } from './peak-memory.ts';
import { publishSae } from './publish-sae.ts';
import type { RunLease } from './run-lease.ts';
import type { Evaluation, RunRecord, RunSpec } from './run-record.ts';
import type { RunStore } from './run-store.ts';
import { type RunWatch, watchRun } from './run-watch.ts';
import { openSetSource, type SetSource } from './set-source.ts';
import { evaluationOf, fromMetrics } from './training-evaluation.ts';
import type { RunMetrics } from './training-metrics.ts';
import {
  createMetricsReporter,
  createReadingReporter,
  createTrainingReporter,
  type MetricsReporter,
  type TaskProgress,
} from './training-reports.ts';
import { openTrainingSets, type TrainingSets } from './training-sets.ts';

export interface TrainingTask {
  store: ObjectStore;
  runs: RunStore;
  record: RunRecord;
  /** Threads of the dense product; 0: one per core. */
  threads: number;
  /** Who trains, for people. */
  worker: string;
  /** Deliveries of the job. */
  attempt: number;
  signal: AbortSignal;
  /** Asks for a checkpoint and an end with TRAINING_SUSPENDED. */
  suspend: AbortSignal;
  /** Milliseconds of a clock that only goes forward. */
  now: () => number;
  onProgress: (progress: TaskProgress) => void;
  /** New points of the curves; where the run goes on from a checkpoint, first those before. */
  onMetrics: (metrics: RunMetrics) => void;
}

/**
 * Trains one run from its newest checkpoint, or from its beginning, and publishes its SAE; an SAE that an earlier attempt
 * of this run published is taken as it is. Takes the run over from whoever had it. Throws `aborted` where another
 * worker takes it over (JOB_TAKEN_OVER) and where it was interrupted (TRAINING_SUSPENDED), `cancelled` where a caller
 * cancelled it; nothing is published then.
 */
export async function runTrainingTask(task: TrainingTask): Promise<Evaluation> {
  const published = await publishedBefore(task);
  if (published) return published;
  const { runs, record, worker, attempt } = task;
  const newest = await runs.checkpoints(record).newest();
  const lease = await runs.takeLease(record.id, { worker, step: newest?.step ?? 0, attempt });
  const watch = watchRun({
    lease,
    control: runs.control(record.id),
    isCancelled: () => runs.isCancelled(record.id),
  });
  const end = linkSignals([task.signal, watch.end]);
  const suspend = linkSignals([task.suspend, watch.suspend]);
  try {
    return await trainAndPublish({
      ...task,
      signal: end.signal,
      suspend: suspend.signal,
      lease,
      watch,
      newest,
    });
  } catch (error) {
    watch.throwIfEnded();
    throw suspend.signal.aborted && !end.signal.aborted ? suspendedBy(error, record) : error;
  } finally {
    end.dispose();
    suspend.dispose();
    await watch.stop();
  }
}

/** Makes the engine's configuration of a run's spec. */
export function toTrainingConfig(spec: RunSpec): TrainingConfig {
  const { activationSets: _, sae: __, heldOutFraction: ___, seed, ...rest } = spec;
  const { max_norm_multiple: _1, checkpointSteps: _2, checkpointMinutes: _3, ...config } = rest;
  return { ...config, seed: BigInt(seed) };
}

async function publishedBefore({ store, runs, record }: TrainingTask): Promise<Evaluation | undefined> {
  const sae = await absentAsUndefined(() => readSaeManifest(store, record.spec.sae));
  if (!sae) return undefined;
  const { body } = sae.manifest;
  if (body.trainingRun === `trainingRuns/${record.id}`) {
    return (await runs.evaluation(record.id)) ?? fromMetrics(body.metrics);
  }
  throw new FacetError(
    'exists',
    `saes/${record.spec.sae} exists already; choose another id or delete it first`,
  );
}

/** A task whose worker holds the run. */
interface HeldTask extends TrainingTask {
  lease: RunLease;
  watch: RunWatch;
  newest: SavedCheckpoint | undefined;
}

async function trainAndPublish(task: HeldTask): Promise<Evaluation> {
  const { store, runs, record, signal, lease, now } = task;
  const memory = createPeakMemory();
  const sets = await openTrainingSets(store, record.spec.activationSets);
  const source = await openSource(task, sets, memory);
  const metrics = createMetricsReporter(now, task.onMetrics);
  const { trained, seconds, tokens } = await train(task, { sets, source, metrics, memory });
  const { excludedRows } = sets;
  const { outlierRows } = source;
  const peakMemoryBytes = memory.peakBytes();
  const resumes = lease.epoch - 1;
  const circumstances = { excludedRows, outlierRows, seconds, tokens, peakMemoryBytes, resumes };
  const evaluation = evaluationOf(trained, circumstances);
  metrics.flush();
  await lease.requireHeld();
  await runs.writeMetrics(record.id, metrics.all());
  await publishSae(
    { store, runs, record, lease, signal, onProgress: task.onProgress },
    { sets, trained, evaluation },
  );
  return evaluation;
}

/** Opening reads the rows; an interruption ends it at once, for there is nothing to keep yet. */
async function openSource(task: HeldTask, sets: TrainingSets, peak: PeakMemory): Promise<SetSource> {
  const { spec, memory } = task.record;
  const opening = linkSignals([task.signal, task.suspend]);
  const report = createReadingReporter(task, sets.rows);
  try {
    return await openSetSource(sets, {
      heldOutFraction: spec.heldOutFraction,
      bufferRows: memory.bufferRows,
      maxNormMultiple: spec.max_norm_multiple,
      signal: task.signal,
      opening: opening.signal,
      onRead(rows) {
        peak.sample();
        report(rows);
      },
    });
  } finally {
    opening.dispose();
  }
}

interface TrainingParts {
  sets: TrainingSets;
  source: SetSource;
  metrics: MetricsReporter;
  memory: PeakMemory;
}

async function train(
  task: HeldTask,
  { sets, source, metrics, memory }: TrainingParts,
): Promise<{ trained: TrainedSae; seconds: number; tokens: number }> {
  const { record, threads, signal, suspend, newest, now } = task;
  const report = createTrainingReporter({
    now,
    onProgress(progress) {
      memory.sample();
      task.onProgress(progress);
    },
  });
  const startedMs = now();
  let endedMs = startedMs;
  const trained = await trainSae({
    config: { ...toTrainingConfig(record.spec), threads },
    source,
    checkpointing: checkpointingOf(task, { sets, metrics }),
    signal,
    suspend,
    onProgress(progress) {
      endedMs = now();
      report(progress);
    },
    onHistory: metrics.note,
  });
  memory.sample();
  const { steps, batch_rows } = trained.config;
  const tokens = (steps - (newest?.step ?? 0)) * batch_rows;
  return { trained, seconds: (endedMs - startedMs) / 1000, tokens };
}

/** Checkpoints in the object store; none is written by a worker that does not hold the run any more. */
function checkpointingOf(
  { runs, record, lease, newest, now }: HeldTask,
  { sets, metrics }: Pick<TrainingParts, 'sets' | 'metrics'>,
): Checkpointing {
  const checkpoints = runs.checkpoints(record);
  const policy = createCheckpointPolicy(record.spec, now);
  return {
    newest,
    due: policy.due,
    async save(checkpoint) {
      const startedMs = now();
      await lease.requireHeld();
      await checkpoints.save(checkpoint, sets.lineage);
      await runs.writeMetrics(record.id, metrics.all());
      policy.written(now() - startedMs);
    },
  };
}

/** An interruption before the first step ends the reading with the signal's own error. */
function suspendedBy(error: unknown, { id }: RunRecord): unknown {
  if (error instanceof FacetError) return error;
  const message = `trainingRuns/${id} was interrupted before it went on with a step`;
  return new FacetError('aborted', message, { reason: TRAINING_SUSPENDED, cause: error });
}
