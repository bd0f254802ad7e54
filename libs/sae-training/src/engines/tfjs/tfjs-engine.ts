import { FacetError } from '@facet/errors';
import { recipeOf } from '../../recipes/registry.ts';
import { requireFiniteRows, requireProgress } from '../../training/training-failures.ts';
import type { EngineSession, StepStatistics, TrainingEngine } from '../engine.ts';
import { type LoadedTfjs, loadTfjs, useBackend } from './load-tfjs.ts';
import { squares } from './tfjs-arithmetic.ts';
import { TFJS_BACKENDS } from './tfjs-backends.ts';
import { evaluateRows, momentsOf, preActivationBlocks, prepareRows } from './tfjs-evaluate.ts';
import type { TfjsLoss } from './tfjs-gradients.ts';
import { planTfjs } from './tfjs-memory.ts';
import { floatOf, floatsOf, scoped } from './tfjs-reading.ts';
import { tfjsGradientsOf } from './tfjs-recipes.ts';
import {
  createState,
  createTraining,
  disposeTraining,
  readWeights,
  type TfjsTraining,
  THRESHOLD,
} from './tfjs-training.ts';
import { normOf, removeParallel, unitDirections, updateWeights } from './tfjs-update.ts';

/**
 * Trains with TensorFlow.js: the same recipes as the CPU engine, everything dense, the whole batch at a time. `backend`
 * is the one to compute on, by name; without it, the most capable that is installed.
 */
export function tfjsEngine(backend?: string): TrainingEngine {
  const wanted = backend === undefined ? undefined : backendOf(backend);
  return {
    name: 'tfjs',
    planMemory: planTfjs,
    load: async () => (await loadTfjs(wanted)).label,
    async open(config, initial) {
      const loaded = await loadTfjs(wanted);
      useBackend(loaded);
      return createSession(loaded, createTraining(loaded, config, initial));
    },
  };
}

function backendOf(name: string) {
  const backend = TFJS_BACKENDS.find((candidate) => candidate.name === name);
  if (backend) return backend;
  const known = TFJS_BACKENDS.map((candidate) => candidate.name).join(', ');
  throw new FacetError('invalid', `engine tfjs has no backend "${name}"; use one of ${known}`, {
    field: 'spec.engine',
  });
}

/** Every call computes to its end before another session's can begin, on this session's backend. */
function createSession(loaded: LoadedTfjs, training: TfjsTraining): EngineSession {
  const state = createState(training);
  const { d_in } = training.config;
  const use = <T>(act: () => T): T => {
    useBackend(loaded);
    return act();
  };
  return {
    backend: loaded.label,
    fill: (x, at) => training.batch.set(x, at * d_in),
    step: async (step, learning_rate, dead) => use(() => trainStep(training, { step, learning_rate, dead })),
    evaluate: async (rows) => use(() => evaluateRows(training, rows)),
    preActivations: (rows) => preActivationBlocks(training, rows),
    weights: () => use(() => readWeights(training)),
    state: () => use(state.read),
    loadState: () => use(state.write),
    close: async () => use(() => disposeTraining(training)),
  };
}

interface StepInput {
  /** Steps taken before this one. */
  step: number;
  learning_rate: number;
  dead: Uint32Array;
}

function trainStep(training: TfjsTraining, input: StepInput): StepStatistics {
  const { tf, config, weights: w } = training;
  const { batch_rows: rows } = config;
  const gradients = tfjsGradientsOf(config.recipe);
  return scoped(tf, () => {
    requireFiniteRows(sumOfSquares(training), input.step);
    const x = prepareRows(training, rows);
    const result = tf.tidy(() => gradients.train({ tf, config, w, x }, input));
    const loss = floatOf(result.loss);
    const squared_error = floatOf(squares(tf, result.error));
    const firings = Uint32Array.from(floatsOf(result.firings));
    const gradient_norm = update(training, result, { ...input, loss });
    gradients.afterUpdate?.(training, { x, error: result.error }, input);
    follow(training, result, input.step);
    return {
      loss,
      l0: firings.reduce((sum, n) => sum + n, 0) / rows,
      fvu: squared_error / varianceOf(momentsOf(tf, x), rows),
      gradient_norm,
      firings,
      dense_rows: rows,
    };
  });
}

/** Moves the weights by the gradients of a step; returns the norm of these. */
function update(
  training: TfjsTraining,
  { gradients }: TfjsLoss,
  { loss, ...input }: StepInput & { loss: number },
): number {
  const { tf, config, weights } = training;
  const { unit_decoder, vector_rates } = recipeOf(config.recipe);
  const free = unit_decoder ? removeParallel(tf, gradients, weights.W_dec) : gradients;
  const norm = normOf(tf, free);
  requireProgress(config, { ...input, loss, norm });
  updateWeights(training, free, { ...input, norm, vector_rates: vector_rates?.(config) ?? {} });
  if (unit_decoder) unitDirections(training);
  return norm;
}

/** Moves the threshold towards the smallest activation selected; it begins there. */
function follow({ config: { recipe }, scalars }: TfjsTraining, { smallest }: TfjsLoss, step: number): void {
  if (!smallest || !('threshold_rate' in recipe)) return;
  const rate = step === 0 ? 1 : recipe.threshold_rate;
  scalars[THRESHOLD] += rate * (floatOf(smallest) - scalars[THRESHOLD]);
}

/** Σ‖x‖² of the batch. */
function sumOfSquares({ tf, config, batch }: TfjsTraining): number {
  return scoped(tf, () => floatOf(squares(tf, tf.tensor2d(batch, [config.batch_rows, config.d_in]))));
}

function varianceOf(sums: { squared_norm: number; column_sums: Float64Array }, rows: number): number {
  return sums.squared_norm - sums.column_sums.reduce((total, sum) => total + sum * sum, 0) / rows;
}
