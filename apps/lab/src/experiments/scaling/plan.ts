import { parseCount } from '@facet/console';
import { FacetError } from '@facet/errors';
import { LAB_SAE } from '../../landmarks/lab.ts';
import type { SaePlan } from '../../landmarks/train-sae.ts';
import type { ExperimentOptions } from '../definition.ts';

/** Options of `facet experiment scaling`. */
export interface ScalingOptions extends ExperimentOptions {
  sizes: string;
  k: string;
  quick?: boolean;
}

/** What is trained and on how much text it is measured. */
export interface ScalingPlan {
  /** Dictionary sizes, ascending. */
  readonly sizes: readonly number[];
  readonly k: number;
  /** Passes over the lab's training set: the same for all sizes, so that each sees the same tokens. */
  readonly epochs: number;
  /** Tokens on which the features of concepts are chosen and children are found. */
  readonly selectionTokens: number;
  /** Tokens of other sentence forms and paraphrases, on which the chosen features are measured. */
  readonly heldOutTokens: number;
  /** Tokens on which reconstruction and the model through the SAE are measured. */
  readonly evaluationTokens: number;
}

export const DEFAULT_SIZES = '512,1024,2048,4096,8192,16384';
const LIMITS = { min: 64, max: 65_536 };
const MAX_SIZES = 8;
const FULL = { epochs: 1.5, selectionTokens: 120_000, heldOutTokens: 80_000, evaluationTokens: 30_000 };
const QUICK = { epochs: 0.25, selectionTokens: 60_000, heldOutTokens: 40_000, evaluationTokens: 10_000 };

/** Seeds of one run lie below those of the next: more than the largest dictionary. */
const SEEDS_PER_RUN = 100_000;

/** Reads the options. */
export function planScaling({ sizes, k, quick = false }: ScalingOptions): ScalingPlan {
  const numbers = [...new Set(sizes.split(',').map((size) => parseCount(size, '--sizes', LIMITS)))];
  if (numbers.length < 2 || numbers.length > MAX_SIZES)
    throw new FacetError(
      'invalid',
      `--sizes names ${numbers.length} different sizes; name 2 to ${MAX_SIZES}`,
    );
  return {
    sizes: numbers.sort((a, b) => a - b),
    k: parseCount(k, '--k', { min: 1, max: 64 }),
    ...(quick ? QUICK : FULL),
  };
}

/**
 * How the dictionary of one size is trained: the learning rate falls with the root of the size (Gao et al. 2024 §A.3). Every size has a
 * seed of its own: dictionaries of one seed begin with the same rows, and a feature would find its child where both began.
 */
export function saePlan({ k, epochs }: ScalingPlan, dSae: number, seed: number): Partial<SaePlan> {
  return { dSae, k, epochs, learningRate: learningRate(dSae), seed: SEEDS_PER_RUN * seed + dSae };
}

function learningRate(dSae: number): number {
  return Number((LAB_SAE.learningRate * Math.sqrt(LAB_SAE.dSae / dSae)).toPrecision(3));
}
