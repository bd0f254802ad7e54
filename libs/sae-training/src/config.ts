import type { RecipeConfig, ResolvedRecipe } from './recipes/recipe-config.ts';
import type { InputScale } from './rows/input-scale.ts';
import type { DecayShape } from './schedule/schedule.ts';
import type { BDecStart } from './weights/b-dec-start.ts';

/** What to train, as a caller states it. */
export interface TrainingConfig {
  recipe: RecipeConfig;
  d_sae: number;
  /** Rows to train on, repeats counted. @default 0: one pass over the source */
  tokens?: number;
  /** Rows of a step. @default 4096 */
  batch_rows?: number;
  /** Peak learning rate of Adam. @default the recipe's */
  learning_rate?: number;
  /** Steps of the rise from 0. @default the recipe's */
  warmup_steps?: number;
  /** How the rate falls at the end. @default 'linear' */
  decay_shape?: DecayShape;
  /** Share of the steps over which the rate falls to 0. @default 0.2 */
  decay_fraction?: number;
  /** Largest norm of the gradient of all weights; 0 turns clipping off. @default 1 */
  gradient_clip_norm?: number;
  /**
   * Rows without firing after which a feature is dead. @default the smaller of 10⁷ and half the rows trained
   * on
   */
  dead_window_tokens?: number;
  /** By what one number rows are multiplied in training; folded into the weights at the end. @default the recipe's */
  input_scale?: InputScale;
  /** Where b_dec begins. @default the recipe's */
  b_dec_start?: BDecStart;
  /** Seed of initialisation; the source has its own use of it. @default 0n */
  seed?: bigint;
  /** Engine by name. @default 'cpu' */
  engine?: string;
  /** Threads of the dense product. @default 0: one per core */
  threads?: number;
}

/** A configuration with every default filled in, checked against the rows there are. */
export interface ResolvedConfig<R = ResolvedRecipe> extends Required<Omit<TrainingConfig, 'recipe'>> {
  recipe: R;
  d_in: number;
  steps: number;
  adam: { beta1: number; beta2: number; epsilon: number };
}
