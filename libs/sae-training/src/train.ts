import type { Sae, SaeMetadata } from '@facet/sae';
import { blocksOf } from './batches.ts';
import { CALIBRATION_ROWS, calibrateThreshold } from './calibrate-threshold.ts';
import type { Checkpointing } from './checkpoint.ts';
import { type ResolvedConfig, resolveConfig, type TrainingConfig } from './config.ts';
import { type HeldOutPoint, measureHeldOut } from './held-out.ts';
import type { HeldOutMetrics, TrainingMetrics } from './metrics.ts';
import type { HistoryPoint, StepMetrics } from './metrics-history.ts';
import { recipeOf } from './recipes/registry.ts';
import type { RowSource } from './row-source.ts';
import { toSae } from './to-sae.ts';
import { type TrainingState, takeSteps } from './training-loop.ts';

export interface TrainSaeOptions {
  config: TrainingConfig;
  source: RowSource;
  /** Keeps checkpoints, and gives the one to go on from. @default none is kept */
  checkpointing?: Checkpointing;
  /** Ends the run. */
  signal?: AbortSignal;
  /** Interrupts the run between two steps, after a checkpoint: `aborted`, TRAINING_SUSPENDED. */
  suspend?: AbortSignal;
  /** Called after every step. */
  onProgress?: (progress: TrainingProgress) => void;
  /** Called with new points of the curves; where the run goes on from a checkpoint, first with all before. */
  onHistory?: (points: readonly HistoryPoint[], heldOut: readonly HeldOutPoint[]) => void;
}

export interface TrainingProgress extends StepMetrics {
  /** Steps taken, from 1. */
  step: number;
  steps: number;
  /** Rows trained on so far. */
  tokens: number;
}

export interface TrainedSae {
  sae: Sae;
  metrics: TrainingMetrics;
  /** log10 firing frequency of every feature over the dead window. */
  sparsity: Float32Array;
  /** Rows of the dead window in which each feature fired, and how many rows that window had. */
  firings: { counts: Float64Array; rows: number };
  /** The curves of the run. */
  history: HistoryPoint[];
  /** Held-out metrics on the way. */
  heldOut: HeldOutPoint[];
  config: ResolvedConfig;
}

/**
 * Trains one SAE, calibrates its inference threshold on training rows with the final weights, and measures
 * it on the source's held-out rows. Equal configuration and equal rows give bit-identical weights on one
 * machine, also where the run was interrupted any number of times and went on from checkpoints. Throws
 * `precondition` TRAINING_DIVERGED naming the step where the loss is no longer finite, and `cancelled` soon
 * after `signal` aborts.
 */
export async function trainSae(options: TrainSaeOptions): Promise<TrainedSae> {
  const { source, signal, onProgress } = options;
  const config = resolveConfig(options.config, source);
  const { steps, batch_rows } = config;
  const onStep = (step: number, metrics: StepMetrics) =>
    onProgress?.({ step, steps, tokens: step * batch_rows, ...metrics });
  const state = await takeSteps({ ...options, config, onStep });
  try {
    const calibrated = await calibrate(state, { config, source, signal });
    const held = await measureHeldOut(state.session, source, { ...config, signal });
    return {
      sae: toSae(config, state.session.weights(), calibrated),
      metrics: metricsOf(config, held, state.window.deadFraction()),
      sparsity: state.window.log10Frequency(),
      firings: state.window.firings(),
      history: state.history.points(),
      heldOut: state.heldOut.points(),
      config,
    };
  } finally {
    await state.session.close();
  }
}

interface Run {
  config: ResolvedConfig;
  source: RowSource;
  signal: AbortSignal | undefined;
}

/**
 * Calibrates on the first rows of the first pass, a sample that the seed decides; nothing where the recipe learns
 * its thresholds.
 */
async function calibrate({ session }: TrainingState, { config, source, signal }: Run): Promise<SaeMetadata> {
  const { seed, d_in, recipe } = config;
  const k = recipeOf(recipe).calibrated_k?.(recipe);
  if (k === undefined) return {};
  const rows = () => blocksOf(source.epoch(seed, 0), { ...config, most: CALIBRATION_ROWS, signal });
  const calibrated = await calibrateThreshold({ session, rows, d_in, k });
  return { inference_threshold: calibrated.threshold, inference_threshold_rows: calibrated.rows };
}

function metricsOf(
  { dead_window_tokens, tokens, engine }: ResolvedConfig,
  held: HeldOutMetrics,
  dead_fraction: number,
): TrainingMetrics {
  return { ...held, dead_fraction, dead_window_tokens, trained_tokens: tokens, engine };
}
