import { FacetError } from '@facet/errors';
import type { Sae, SaeMetadata } from '@facet/sae';
import { CALIBRATION_ROWS, calibrateThreshold } from './calibrate-threshold.ts';
import { type ResolvedConfig, resolveConfig, type TrainingConfig } from './config.ts';
import { type EngineSession, type EvaluationSums, engineOf, type StepStatistics } from './engine.ts';
import { createFiringWindow, type FiringWindow } from './firing-window.ts';
import { addSums, evaluationOf, type TrainingMetrics } from './metrics.ts';
import { recipeOf } from './recipes/registry.ts';
import type { RowSource } from './row-source.ts';
import { learningRateAt } from './schedule.ts';
import { transpose, type Weights } from './weights.ts';

export interface TrainSaeOptions {
  config: TrainingConfig;
  source: RowSource;
  signal?: AbortSignal;
  /** Called after every step. */
  onProgress?: (progress: TrainingProgress) => void;
}

export interface TrainingProgress {
  /** Steps taken, from 1. */
  step: number;
  steps: number;
  /** Rows trained on so far. */
  tokens: number;
  loss: number;
  l0: number;
  fvu: number;
  dead_fraction: number;
  learning_rate: number;
}

export interface TrainedSae {
  sae: Sae;
  metrics: TrainingMetrics;
  /** log10 firing frequency of every feature over the dead window. */
  sparsity: Float32Array;
  config: ResolvedConfig;
}

/**
 * Trains one SAE, calibrates its inference threshold on training rows with the final weights, and measures
 * it on the source's held-out rows. Equal configuration and equal rows give bit-identical weights on one
 * machine. Throws `precondition` TRAINING_DIVERGED naming the step where the loss is no longer finite, and
 * `cancelled` soon after `signal` aborts.
 */
export async function trainSae(options: TrainSaeOptions): Promise<TrainedSae> {
  const { source, signal } = options;
  const config = resolveConfig(options.config, source);
  const batches = batchesOf(source, config, signal);
  const first = await batches.next();
  if (first.done) throw shortSource(source);
  const initial = recipeOf(config.recipe).initialise(config, first.value, config.batch_rows);
  const session = await engineOf(config.engine).open(config, initial);
  try {
    return await runSteps({ ...options, config, session, first: first.value, batches });
  } finally {
    await batches.return(undefined);
    await session.close();
  }
}

interface Run extends Omit<TrainSaeOptions, 'config'> {
  config: ResolvedConfig;
  session: EngineSession;
  first: Float32Array;
  batches: AsyncGenerator<Float32Array, void>;
}

async function runSteps(run: Run): Promise<TrainedSae> {
  const { config, session, batches } = run;
  const { d_sae, dead_window_tokens: windowRows, tokens: totalRows } = config;
  const window = createFiringWindow({ d_sae, windowRows, totalRows });
  for (let step = 0; step < config.steps; step++) {
    const batch = step === 0 ? run.first : (await batches.next()).value;
    if (!batch) throw shortSource(run.source);
    throwIfAborted(run.signal);
    session.fill(batch, 0);
    const learning_rate = learningRateAt(config, step);
    const statistics = await session.step(step, learning_rate, window.dead());
    window.note(statistics.firings, config.batch_rows);
    run.onProgress?.(progressOf({ config, step, learning_rate, statistics, window }));
  }
  // The source may hold many rows for the pass that is under way; they go before it is read again.
  await batches.return(undefined);
  const calibrated = await calibrate(run);
  const metrics = await measure(run, window);
  const sae = toSae(config, session.weights(), calibrated);
  return { sae, metrics, sparsity: window.log10Frequency(), config };
}

interface StepReport {
  config: ResolvedConfig;
  step: number;
  learning_rate: number;
  statistics: StepStatistics;
  window: FiringWindow;
}

function progressOf({ config, step, learning_rate, statistics, window }: StepReport): TrainingProgress {
  const { loss, l0, fvu } = statistics;
  const tokens = (step + 1) * config.batch_rows;
  const dead_fraction = window.deadFraction();
  return { step: step + 1, steps: config.steps, tokens, loss, l0, fvu, dead_fraction, learning_rate };
}

/** Calibrates on the first rows of the first pass: a sample that the seed decides. */
async function calibrate({ config, session, source, signal }: Run): Promise<SaeMetadata> {
  const { seed, d_in, recipe } = config;
  const rows = () => blocksOf(source.epoch(seed, 0), { ...config, most: CALIBRATION_ROWS, signal });
  const calibrated = await calibrateThreshold({ session, rows, d_in, k: recipe.k });
  return { inference_threshold: calibrated.threshold, inference_threshold_rows: calibrated.rows };
}

async function measure(run: Run, window: FiringWindow): Promise<TrainingMetrics> {
  const { config, session, source, signal } = run;
  let sums: EvaluationSums | undefined;
  for await (const block of blocksOf(source.heldOut(), { ...config, signal })) {
    session.fill(block, 0);
    sums = addSums(sums, await session.evaluate(block.length / config.d_in));
  }
  const { rows, l0, fvu } = evaluationOf(sums);
  return {
    held_out_rows: rows,
    l0,
    fvu,
    explained_variance: 1 - fvu,
    dead_fraction: window.deadFraction(),
    dead_window_tokens: config.dead_window_tokens,
    trained_tokens: config.tokens,
    engine: config.engine,
  };
}

function toSae(config: ResolvedConfig, weights: Weights, metadata: SaeMetadata): Sae {
  const { d_in, d_sae, recipe } = config;
  return {
    cfg: {
      architecture: recipeOf(recipe).architecture,
      d_in,
      d_sae,
      dtype: 'float32',
      apply_b_dec_to_input: true,
      normalize_activations: 'none',
      k: recipe.k,
      rescale_acts_by_decoder_norm: false,
      metadata,
    },
    W_enc: transpose(weights.W_enc, d_sae, d_in),
    b_enc: weights.b_enc,
    W_dec: weights.W_dec,
    b_dec: weights.b_dec,
  };
}

interface Blocks {
  batch_rows: number;
  d_in: number;
  /** Rows after which no more are given. @default all */
  most?: number;
  signal?: AbortSignal | undefined;
}

/** Cuts chunks [·, d_in] into blocks that fit one batch. */
async function* blocksOf(
  chunks: AsyncIterable<Float32Array>,
  { batch_rows, d_in, most = Number.POSITIVE_INFINITY, signal }: Blocks,
): AsyncGenerator<Float32Array, void> {
  let left = most * d_in;
  for await (const chunk of chunks) {
    const wanted = chunk.subarray(0, left);
    for (let at = 0; at < wanted.length; at += batch_rows * d_in) {
      throwIfAborted(signal);
      yield wanted.subarray(at, at + batch_rows * d_in);
    }
    left -= wanted.length;
    if (left === 0) return;
  }
}

/**
 * Cuts the source's epochs, one after the other, into batches of exactly `batch_rows` rows, all in one
 * array.
 */
async function* batchesOf(
  source: RowSource,
  { batch_rows, d_in, seed }: ResolvedConfig,
  signal?: AbortSignal,
): AsyncGenerator<Float32Array, void> {
  const batch = new Float32Array(batch_rows * d_in);
  let filled = 0;
  for (let epoch = 0; ; epoch++) {
    let gave = 0;
    for await (const chunk of source.epoch(seed, epoch)) {
      throwIfAborted(signal);
      gave += chunk.length;
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + batch.length - filled);
        batch.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < batch.length) break;
        yield batch;
        filled = 0;
      }
    }
    if (gave === 0) return;
  }
}

function shortSource(source: RowSource): FacetError {
  return new FacetError('data-loss', `the activation set announced ${source.rows} rows but gave none`);
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new FacetError('cancelled', 'the training run was cancelled', { cause: signal.reason });
}
