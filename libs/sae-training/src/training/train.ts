import type { FacetError } from '@facet/errors';
import type { Sae, SaeMetadata } from '@facet/sae';
import type { ResolvedConfig, TrainingConfig } from '../config.ts';
import { engineOf } from '../engines/registry.ts';
import { recipeOf } from '../recipes/registry.ts';
import { resolveConfigs } from '../resolve-config.ts';
import { blocksOf } from '../rows/batches.ts';
import { type HeldOutPoint, measureHeldOut } from '../rows/held-out.ts';
import type { RowSource } from '../rows/row-source.ts';
import { CALIBRATION_ROWS, calibrateThresholds } from '../schedule/calibrate-threshold.ts';
import { targetWarnings } from '../schedule/target-miss.ts';
import { toSae } from '../weights/to-sae.ts';
import type { Checkpointing } from './checkpoint.ts';
import { closeMembers, divergenceOf, type Member, trainingOf } from './member.ts';
import type { HeldOutMetrics, TrainingMetrics } from './metrics.ts';
import type { HistoryPoint, StepMetrics } from './metrics-history.ts';
import { takeSteps } from './training-loop.ts';

/** How to train besides what. */
export interface TrainingCircumstances {
  source: RowSource;
  /** Keeps checkpoints, and gives the one to go on from. @default none is kept */
  checkpointing?: Checkpointing;
  /** Ends the run. */
  signal?: AbortSignal;
  /** Interrupts the run between two steps, after a checkpoint: `aborted`, TRAINING_SUSPENDED. */
  suspend?: AbortSignal;
  /** Called after every step of every SAE, with its number. */
  onProgress?: (progress: TrainingProgress, member: number) => void;
  /** Called with new points of an SAE's curves; where the run goes on from a checkpoint, first with all before. */
  onHistory?: (points: readonly HistoryPoint[], heldOut: readonly HeldOutPoint[], member: number) => void;
}

export interface TrainSaeOptions extends TrainingCircumstances {
  config: TrainingConfig;
}

export interface TrainSaesOptions extends TrainingCircumstances {
  /** 1 to MAX_MEMBERS, of equal batches, tokens and seeds: all train on the same rows. */
  configs: readonly TrainingConfig[];
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
  /** What went otherwise than asked for, with the remedy. */
  warnings: string[];
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

/** How the training of one of several SAEs ended. */
export type TrainingResult = { trained: TrainedSae } | { error: FacetError };

/**
 * Trains one SAE, calibrates its inference threshold on training rows with the final weights, and measures
 * it on the source's held-out rows. Equal configuration and equal rows give bit-identical weights on one
 * machine, also where the run was interrupted any number of times and went on from checkpoints. Throws
 * `precondition` TRAINING_DIVERGED naming the step where the loss is no longer finite, and `cancelled` soon
 * after `signal` aborts.
 */
export async function trainSae({ config, ...options }: TrainSaeOptions): Promise<TrainedSae> {
  const results = trainSaes({ ...options, configs: [config] });
  try {
    const result = (await results.next()).value!;
    if ('error' in result) throw result.error;
    return result.trained;
  } finally {
    await results.return();
  }
}

/**
 * Trains several SAEs on one reading of the rows: every batch goes to each in turn, so each becomes bit-identical to one
 * that `trainSae` trains alone on the same source. Memory is the sum of the engines' plans; results come in the order of
 * the configurations, an engine closed with each, so that the copies of one SAE are held at a time. One whose loss is no
 * longer finite gives its error while the others go on; else throws as `trainSae` does.
 */
export async function* trainSaes(options: TrainSaesOptions): AsyncGenerator<TrainingResult, void> {
  const { source, signal, onProgress, onHistory } = options;
  const configs = resolveConfigs(options.configs, source);
  const { steps, batch_rows } = configs[0];
  const members = await takeSteps({
    ...options,
    configs,
    onStep: (member, step, metrics) =>
      onProgress?.({ step, steps, tokens: step * batch_rows, ...metrics }, member),
    onHistory: (member, points, heldOut) => onHistory?.(points, heldOut, member),
  });
  try {
    const results = await measure(members, { source, signal });
    while (members.length > 0) {
      yield resultOf(members[0], results.shift());
      await members.shift()!.session.close();
    }
  } finally {
    await closeMembers(members);
  }
}

interface Measured {
  calibrated: SaeMetadata;
  held: HeldOutMetrics;
}

/** Calibrates and measures all members that did not diverge, on one reading each; undefined for the others. */
async function measure(
  members: readonly Member[],
  { source, signal }: Pick<TrainingCircumstances, 'source' | 'signal'>,
): Promise<(Measured | undefined)[]> {
  const [{ config }] = members;
  const trained = trainingOf(members);
  const calibrated = await calibrate(trained, { source, signal });
  const sessions = trained.map(({ session }) => session);
  const held = await measureHeldOut(sessions, source, { ...config, signal });
  return members.map((member) => {
    const i = trained.indexOf(member);
    return i < 0 ? undefined : { calibrated: calibrated[i], held: held[i] };
  });
}

/**
 * Calibrates on the first rows of the first pass, a sample that the seed decides; nothing where the recipe learns
 * its thresholds.
 */
async function calibrate(
  members: readonly Member[],
  { source, signal }: Pick<TrainingCircumstances, 'source' | 'signal'>,
): Promise<SaeMetadata[]> {
  const [{ config }] = members;
  const rows = () => blocksOf(source.epoch(config.seed, 0), { ...config, most: CALIBRATION_ROWS, signal });
  const targets = members.flatMap((member) => {
    const k = recipeOf(member.config.recipe).calibrated_k?.(member.config.recipe);
    return k === undefined ? [] : [{ member, session: member.session, k }];
  });
  const thresholds = await calibrateThresholds(targets, { rows, d_in: config.d_in });
  return members.map((member) => {
    const calibrated = thresholds[targets.findIndex((target) => target.member === member)];
    if (!calibrated) return {};
    return { inference_threshold: calibrated.threshold, inference_threshold_rows: calibrated.rows };
  });
}

function resultOf(member: Member, measured: Measured | undefined): TrainingResult {
  const error = divergenceOf(member);
  if (error) return { error };
  const { config, session, window, history, heldOut } = member;
  const { calibrated, held } = measured!;
  const metrics = metricsOf(member, held);
  const trained = {
    sae: toSae(config, session.weights(), calibrated),
    metrics,
    warnings: targetWarnings(metrics),
    sparsity: window.log10Frequency(),
    firings: window.firings(),
    history: history.points(),
    heldOut: heldOut.points(),
    config,
  };
  return { trained };
}

function metricsOf({ config, session, window }: Member, held: HeldOutMetrics): TrainingMetrics {
  const { dead_window_tokens, tokens, engine, recipe } = config;
  return {
    ...held,
    target_l0: recipeOf(recipe).target_l0?.(recipe) ?? 0,
    dead_fraction: window.deadFraction(),
    dead_window_tokens,
    trained_tokens: tokens,
    engine: engineOf(engine).name,
    backend: session.backend ?? '',
  };
}
