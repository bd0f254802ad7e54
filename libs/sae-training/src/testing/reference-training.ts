import type { ResolvedConfig } from '../config.ts';
import { gatedReference } from '../recipes/reference/gated-reference.ts';
import { jumpreluReference } from '../recipes/reference/jumprelu-reference.ts';
import type { ReferenceLoss, Weights64 } from '../recipes/reference/reference.ts';
import {
  selectedReference,
  strongestOfBatch,
  strongestOfRows,
} from '../recipes/reference/selected-reference.ts';
import { standardReference } from '../recipes/reference/standard-reference.ts';
import { recipeOf } from '../recipes/registry.ts';
import { lambdaAt } from '../schedule/schedule.ts';
import type { Weights } from '../weights/weights.ts';

export interface ReferenceStep {
  step: number;
  learning_rate: number;
  dead: readonly number[];
}

/** Training in plain f64, as the equations stand. */
export interface ReferenceTraining {
  weights: Weights64;
  /** Moving average of the smallest activation selected. */
  threshold: number;
  /** Takes one step on rows [batch, d_in] as they were captured; returns the loss before it and the gradient's norm. */
  step(x: Float32Array, at: ReferenceStep): ReferenceLoss & { norm: number };
}

/** Names of all parameters with their values. */
export function namedParameters({ W_enc, b_enc, W_dec, b_dec, vectors }: Weights64) {
  return { W_enc, b_enc, W_dec, b_dec, ...vectors } as Record<string, Float64Array>;
}

/** Starts training in f64 from an engine's initial weights. */
export function createReferenceTraining(config: ResolvedConfig, initial: Weights): ReferenceTraining {
  const { unit_decoder, vector_rates } = recipeOf(config.recipe);
  const rates = vector_rates?.(config) ?? {};
  const weights = to64(initial);
  const moments = new Map<string, { mean: Float64Array; square: Float64Array }>();
  const training: ReferenceTraining = {
    weights,
    threshold: 0,
    step(x, at) {
      const scaled = Float64Array.from(x, (value) => value * (initial.input_scale ?? 1));
      const loss = lossOf(config, weights, { x: scaled, at });
      if (unit_decoder) removeParallel(loss.gradients.W_dec, weights);
      const named = namedParameters(loss.gradients);
      const norm = Math.hypot(...Object.values(named).map((values) => Math.hypot(...values)));
      const clip = config.gradient_clip_norm > 0 ? Math.min(1, config.gradient_clip_norm / (norm + 1e-6)) : 1;
      for (const [name, values] of Object.entries(namedParameters(weights))) {
        const zeros = () => new Float64Array(values.length);
        if (!moments.has(name)) moments.set(name, { mean: zeros(), square: zeros() });
        const gradient = named[name].map((value) => value * clip);
        const learning_rate = at.learning_rate * (rates[name] ?? 1);
        const moved = { ...moments.get(name)!, at: { ...at, learning_rate }, adam: config.adam };
        adam64(values, gradient, moved);
      }
      if (unit_decoder) unitRows(weights);
      training.threshold = follow(config, training.threshold, { loss, step: at.step });
      return { ...loss, norm };
    },
  };
  return training;
}

function lossOf(
  { recipe, steps }: ResolvedConfig,
  w: Weights64,
  { x, at }: { x: Float64Array; at: ReferenceStep },
): ReferenceLoss {
  const { dead } = at;
  switch (recipe.name) {
    case 'standard':
      return standardReference(w, x, lambdaAt(recipe, at.step, steps));
    case 'jumprelu':
      return jumpreluReference(w, x, { ...recipe, lambda: lambdaAt(recipe, at.step, steps) });
    case 'gated':
      return gatedReference(w, x, { lambda: lambdaAt(recipe, at.step, steps) });
    case 'topk':
      return selectedReference(w, x, { recipe, dead, select: strongestOfRows(recipe.k) });
    case 'batchtopk':
      return selectedReference(w, x, { recipe, dead, select: strongestOfBatch(recipe.k) });
    case 'matryoshka': {
      const select = strongestOfBatch(recipe.k);
      return selectedReference(w, x, { recipe, dead, select, prefixes: recipe.prefixes });
    }
  }
}

function follow(
  { recipe }: ResolvedConfig,
  threshold: number,
  { loss, step }: { loss: ReferenceLoss; step: number },
): number {
  if (!('threshold_rate' in recipe)) return 0;
  const smallest = Math.min(...loss.activations.filter((f) => f > 0));
  return step === 0 ? smallest : threshold + recipe.threshold_rate * (smallest - threshold);
}

function adam64(
  W: Float64Array,
  G: Float64Array,
  {
    mean,
    square,
    at: { step, learning_rate },
    adam: { beta1, beta2, epsilon },
  }: { mean: Float64Array; square: Float64Array; at: ReferenceStep; adam: ResolvedConfig['adam'] },
): void {
  for (const [i, g] of G.entries()) {
    mean[i] = beta1 * mean[i] + (1 - beta1) * g;
    square[i] = beta2 * square[i] + (1 - beta2) * g * g;
    const root = Math.sqrt(square[i] / (1 - beta2 ** (step + 1)));
    W[i] -= (learning_rate * (mean[i] / (1 - beta1 ** (step + 1)))) / (root + epsilon);
  }
}

function removeParallel(G: Float64Array, { W_dec, b_dec }: Weights64): void {
  const d_in = b_dec.length;
  for (let row = 0; row < G.length; row += d_in) {
    let along = 0;
    for (let j = row; j < row + d_in; j++) along += G[j] * W_dec[j];
    for (let j = row; j < row + d_in; j++) G[j] -= along * W_dec[j];
  }
}

function unitRows({ W_dec, b_dec }: Weights64): void {
  const d_in = b_dec.length;
  for (let row = 0; row < W_dec.length; row += d_in) {
    const norm = Math.hypot(...W_dec.subarray(row, row + d_in));
    for (let j = row; j < row + d_in; j++) W_dec[j] /= norm;
  }
}

function to64({ W_enc, b_enc, W_dec, b_dec, vectors = {} }: Weights): Weights64 {
  const of = (values: Float32Array) => Float64Array.from(values);
  return {
    W_enc: of(W_enc),
    b_enc: of(b_enc),
    W_dec: of(W_dec),
    b_dec: of(b_dec),
    vectors: Object.fromEntries(Object.entries(vectors).map(([name, values]) => [name, of(values)])),
  };
}
