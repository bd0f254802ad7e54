import type { KernelCall } from '@facet/kernels';
import type { VectorRates } from '../../recipes/recipe.ts';
import { forFeatures, type Run } from './cpu-tasks.ts';
import type { CpuWorkspace, Parameters } from './cpu-workspace.ts';

/** Sets all gradients to 0. */
export async function clearGradients(cpu: CpuWorkspace): Promise<void> {
  const { gradients, width } = cpu;
  const clear = ({ at, length }: Part): KernelCall => ['clearValues', gradients.all.byteOffset + at, length];
  await forFeatures(cpu, (run) => partsOf(gradients, run, width).map(clear), [clear(restOf(gradients))]);
}

/** Takes the part along the directions out of their gradients where they have unit length; returns Σ g². */
export function finishGradients(
  cpu: CpuWorkspace,
  { unit_decoder }: { unit_decoder: boolean },
): Promise<number> {
  const { gradients, weights, width } = cpu;
  const from = gradients.all.byteOffset;
  const square = ({ at, length }: Part): KernelCall => ['sumOfSquares', from + at, length];
  const finish = (run: Run): KernelCall[] => {
    const parts = partsOf(gradients, run, width);
    const directions = [from + parts[1].at, weights.all.byteOffset + parts[1].at] as const;
    const squares = parts.map(square);
    return unit_decoder ? [['removeParallel', ...directions, run.count, width], ...squares] : squares;
  };
  return forFeatures(cpu, finish, [square(restOf(gradients))]);
}

export interface Update {
  /** Steps taken before this one. */
  step: number;
  learning_rate: number;
  /** Norm of the gradient. */
  norm: number;
  /** Whether directions keep unit length. */
  unit: boolean;
  /** By what the learning rate of some vectors is multiplied. */
  vector_rates: VectorRates;
}

/** One Adam step on all weights with the gradient clipped to the configured norm. */
export async function updateWeights(cpu: CpuWorkspace, update: Update): Promise<void> {
  const { weights, gradients, mean, square, width } = cpu;
  const arrays = [weights.all, mean, square, gradients.all].map((array) => array.byteOffset);
  const [W, m, v, G] = arrays;
  const adam = ({ at, length }: Part, factor = 1): KernelCall => {
    const rates = ratesOf(cpu, { ...update, learning_rate: factor * update.learning_rate });
    return ['adam', W + at, m + at, v + at, G + at, length, ...rates];
  };
  const step = (run: Run): KernelCall[] => {
    const parts = partsOf(weights, run, width);
    const calls = parts.map((part) => adam(part));
    return update.unit ? [...calls, ['unitRows', W + parts[1].at, run.count, width]] : calls;
  };
  const vectors = Object.entries({ b_enc: weights.b_enc, b_dec: weights.b_dec, ...weights.vectors });
  const rest = vectors.map(([name, vector]) => adam(partOf(weights, vector), update.vector_rates[name]));
  await forFeatures(cpu, step, rest);
}

function ratesOf({ config }: CpuWorkspace, { step, learning_rate, norm }: Update) {
  const { beta1, beta2, epsilon } = config.adam;
  const t = step + 1;
  const clip = config.gradient_clip_norm;
  const gradientScale = clip > 0 ? Math.min(1, clip / (norm + 1e-6)) : 1;
  const rate = learning_rate / (1 - beta1 ** t);
  const rootScale = 1 / Math.sqrt(1 - beta2 ** t);
  return [gradientScale, beta1, beta2, rate, rootScale, epsilon] as const;
}

/** A part of all parameters: its byte offset from where they begin, and its length in words. */
interface Part {
  at: number;
  length: number;
}

/** A run of features' rows of W_enc, and of W_dec. */
function partsOf({ all, W_enc, W_dec }: Parameters, { first, count }: Run, width: number): [Part, Part] {
  const length = count * width;
  const within = 4 * first * width - all.byteOffset;
  return [
    { at: W_enc.byteOffset + within, length },
    { at: W_dec.byteOffset + within, length },
  ];
}

/** One vector. */
function partOf({ all }: Parameters, { byteOffset, length }: Float32Array): Part {
  return { at: byteOffset - all.byteOffset, length };
}

/** What is neither W_enc nor W_dec: vectors. */
function restOf({ all, b_enc }: Parameters): Part {
  const at = b_enc.byteOffset - all.byteOffset;
  return { at, length: all.length - at / 4 };
}
