import { readSaeManifest, writeSaeArtifact } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import { createRateMeter } from '@facet/mesh/rate-meter';
import { absentAsUndefined, type ObjectStore } from '@facet/objects';
import { type TrainedSae, type TrainingConfig, type TrainingProgress, trainSae } from '@facet/sae-training';
import type { Evaluation, RunProgress, RunRecord, RunSpec } from './run-record.ts';
import type { RunStore } from './run-store.ts';
import { openSetSource } from './set-source.ts';
import { openTrainingSets, type TrainingSets } from './training-sets.ts';

export interface TrainingTask {
  store: ObjectStore;
  runs: RunStore;
  record: RunRecord;
  /** Threads of the dense product; 0: one per core. */
  threads: number;
  signal: AbortSignal;
  /** Milliseconds of a clock that only goes forward. */
  now: () => number;
  onProgress: (progress: Omit<RunProgress, 'uid' | 'time'>) => void;
}

/** Progress is reported at most this often. */
const REPORT_INTERVAL_MS = 200;

/**
 * Trains one run and publishes its SAE. Publishing is claimed first, so that of a cancellation and a
 * publication one wins; an SAE that an earlier attempt of this run published is taken as it is. Throws
 * `cancelled` where nothing was published.
 */
export async function runTrainingTask(task: TrainingTask): Promise<Evaluation> {
  const published = await publishedBefore(task);
  if (published) return published;
  const { spec, memory } = task.record;
  const sets = await openTrainingSets(task.store, spec.activationSets);
  const source = await openSetSource(sets, {
    heldOutFraction: spec.heldOutFraction,
    bufferRows: memory.bufferRows,
    signal: task.signal,
    onRead: reporter(task, 'reading', sets.rows),
  });
  const config = { ...toTrainingConfig(spec), threads: task.threads };
  const startedMs = task.now();
  let trainedMs = startedMs;
  const report = trainingReporter(task);
  const trained = await trainSae({
    config,
    source,
    signal: task.signal,
    onProgress(progress) {
      trainedMs = task.now();
      report(progress);
    },
  });
  const seconds = (trainedMs - startedMs) / 1000;
  const evaluation = evaluationOf(trained, { excludedRows: sets.excludedRows, seconds });
  await publish(task, { sets, trained, evaluation });
  return evaluation;
}

/** Makes the engine's configuration of a run's spec. */
export function toTrainingConfig(spec: RunSpec): TrainingConfig {
  const { activationSets: _, sae: __, heldOutFraction: ___, seed, ...config } = spec;
  return { ...config, seed: BigInt(seed) };
}

async function publishedBefore({ store, record }: TrainingTask): Promise<Evaluation | undefined> {
  const sae = await absentAsUndefined(() => readSaeManifest(store, record.spec.sae));
  if (!sae) return undefined;
  const { body } = sae.manifest;
  if (body.trainingRun === `trainingRuns/${record.id}`) return fromMetrics(body.metrics);
  throw new FacetError(
    'exists',
    `saes/${record.spec.sae} exists already; choose another id or delete it first`,
  );
}

interface Publication {
  sets: TrainingSets;
  trained: TrainedSae;
  evaluation: Evaluation;
}

async function publish(task: TrainingTask, { sets, trained, evaluation }: Publication): Promise<void> {
  const { store, runs, record, signal } = task;
  if (signal.aborted || (await runs.record(record.id)).uid !== record.uid) throw cancelled(record);
  const claim = await runs.claim(record.id, { uid: record.uid, by: 'publish' });
  if (claim.by === 'cancel') throw cancelled(record);
  task.onProgress({
    stage: 'publishing',
    done: evaluation.trainedTokens,
    total: evaluation.trainedTokens,
    rate: 0,
  });
  const { sae, sparsity } = trained;
  sae.cfg.metadata = { ...describeOrigin(sets), ...sae.cfg.metadata, training_engine: trained.config.engine };
  await writeSaeArtifact(store, record.spec.sae, sae, {
    createTime: new Date().toISOString(),
    lineage: { ...sets.lineage, saeId: record.spec.sae },
    metrics: toMetrics(evaluation),
    sparsity,
    trainingRun: `trainingRuns/${record.id}`,
  });
}

function describeOrigin({ lineage, hookPoint, contextTokens, prependBos }: TrainingSets) {
  return {
    model_name: lineage.modelId,
    hook_name: hookPoint,
    context_size: contextTokens,
    prepend_bos: prependBos,
  };
}

function cancelled({ id }: RunRecord): FacetError {
  return new FacetError('cancelled', `trainingRuns/${id} was cancelled`);
}

function evaluationOf(
  { metrics }: TrainedSae,
  { excludedRows, seconds }: { excludedRows: number; seconds: number },
): Evaluation {
  return {
    heldOutTokens: metrics.held_out_rows,
    l0: finiteOrNull(metrics.l0),
    fvu: finiteOrNull(metrics.fvu),
    deadFraction: metrics.dead_fraction,
    deadWindowTokens: metrics.dead_window_tokens,
    trainedTokens: metrics.trained_tokens,
    excludedRows,
    secondsPerMillionTokens: (seconds * 1e6) / metrics.trained_tokens,
  };
}

/** Names metrics as they stand in the SAE's manifest; what is not known is left out. */
function toMetrics(evaluation: Evaluation): Record<string, number> {
  const { l0, fvu, heldOutTokens, deadFraction, deadWindowTokens } = evaluation;
  const { trainedTokens, excludedRows, secondsPerMillionTokens } = evaluation;
  return {
    held_out_tokens: heldOutTokens,
    ...(l0 !== null && { l0 }),
    ...(fvu !== null && { fvu, explained_variance: 1 - fvu }),
    dead_fraction: deadFraction,
    dead_window_tokens: deadWindowTokens,
    trained_tokens: trainedTokens,
    excluded_rows: excludedRows,
    seconds_per_million_tokens: secondsPerMillionTokens,
  };
}

/** Reads the metrics of a trained SAE's manifest. */
export function fromMetrics(metrics: Readonly<Record<string, number>>): Evaluation {
  return {
    heldOutTokens: metrics.held_out_tokens ?? 0,
    l0: metrics.l0 ?? null,
    fvu: metrics.fvu ?? null,
    deadFraction: metrics.dead_fraction ?? 0,
    deadWindowTokens: metrics.dead_window_tokens ?? 0,
    trainedTokens: metrics.trained_tokens ?? 0,
    excludedRows: metrics.excluded_rows ?? 0,
    secondsPerMillionTokens: metrics.seconds_per_million_tokens ?? 0,
  };
}

function reporter(
  { now, onProgress }: TrainingTask,
  stage: 'reading',
  total: number,
): (done: number) => void {
  const meter = createRateMeter();
  let reportedMs = Number.NEGATIVE_INFINITY;
  return (done) => {
    if (now() - reportedMs < REPORT_INTERVAL_MS) return;
    reportedMs = now();
    onProgress({ stage, done, total, rate: meter.measure(done, reportedMs) });
  };
}

function trainingReporter({ now, onProgress }: TrainingTask): (progress: TrainingProgress) => void {
  const meter = createRateMeter();
  let reportedMs = Number.NEGATIVE_INFINITY;
  return ({ step, steps, tokens, loss, l0, fvu, dead_fraction, learning_rate }) => {
    const nowMs = now();
    const rate = meter.measure(tokens, nowMs);
    if (step < steps && nowMs - reportedMs < REPORT_INTERVAL_MS) return;
    reportedMs = nowMs;
    const total = Math.round((tokens / step) * steps);
    onProgress({
      stage: step < steps ? 'training' : 'evaluating',
      done: tokens,
      total,
      rate,
      ...(rate > 0 && { etaSeconds: (total - tokens) / rate }),
      step: {
        step,
        steps,
        loss,
        l0,
        fvu: finiteOrNull(fvu),
        deadFraction: dead_fraction,
        tokensPerSecond: rate,
        learningRate: learning_rate,
      },
    });
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
