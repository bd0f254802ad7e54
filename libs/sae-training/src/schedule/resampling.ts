import { createRandom } from '@facet/random';

/** How much shorter a new encoder row is than those of features that are alive. */
const ENCODER_SHARE = 0.2;

/** Added to the step for the stream of random numbers, so that no other use of the seed has it. */
const RESAMPLE_STREAM = 2 ** 20;

/** Tells whether dead features begin anew after `step` steps: every `resample_every`, while the learning rate does not fall. */
export function resamplesAfter(
  {
    recipe,
    steps,
    decay_fraction,
  }: { recipe: { resample_every: number }; steps: number; decay_fraction: number },
  step: number,
): boolean {
  const { resample_every } = recipe;
  return resample_every > 0 && step % resample_every === 0 && step < steps * (1 - decay_fraction);
}

/**
 * Draws the rows of a batch that features begin anew with, one at every call, with p ∝ the row's loss squared; seed and
 * step decide which. Gives undefined where every loss is 0.
 */
export function createRowDraw(
  seed: bigint,
  step: number,
  losses: ArrayLike<number>,
): () => number | undefined {
  const random = createRandom(seed, RESAMPLE_STREAM + step);
  let total = 0;
  const sums = Float64Array.from(losses, (loss) => {
    total += loss * loss;
    return total;
  });
  return () => {
    const wanted = random.uniform() * total;
    const row = sums.findIndex((sum) => sum > wanted);
    return row < 0 ? undefined : row;
  };
}

/** The length of a new encoder row: 0.2 × the mean of the encoder norms [d_sae] of features alive, 1 where none is. */
export function newEncoderLength(norms: ArrayLike<number>, dead: Uint32Array): number {
  if (dead.length === norms.length) return 1;
  const isDead = new Set(dead);
  let total = 0;
  for (let i = 0; i < norms.length; i++) if (!isDead.has(i)) total += norms[i];
  return ENCODER_SHARE * (total / (norms.length - dead.length));
}

/** The length of a vector. */
export function lengthOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
