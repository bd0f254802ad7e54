import type { Sae, SaeConfig, SaeMetadata } from '@facet/sae';
import type { ResolvedConfig } from '../config.ts';
import type { InputScale } from '../rows/input-scale.ts';
import type { BDecStart } from '../weights/b-dec-start.ts';
import type { Weights } from '../weights/weights.ts';
import type { RecipeConfig } from './recipe-config.ts';

/** Sizes that defaults and limits depend on. */
export interface RecipeSizes {
  d_in: number;
  d_sae: number;
  batch_rows: number;
  steps: number;
}

/** A recipe's defaults of options that every recipe has. */
export interface RecipeDefaults {
  learning_rate: number;
  warmup_steps: number;
  input_scale: InputScale;
  b_dec_start: BDecStart;
  /** Adam's decay of the first moment. */
  beta1: number;
}

/** Factors of the learning rate by the names of vectors. */
export type VectorRates = Readonly<Record<string, number>>;

/** What a recipe adds to an SAE that is published: its architecture, tensors of its own, remarks. */
export interface PublishedForm {
  cfg: Pick<SaeConfig, 'architecture' | 'k' | 'rescale_acts_by_decoder_norm'>;
  tensors?: Partial<Pick<Sae, 'b_enc' | 'threshold' | 'b_gate' | 'b_mag' | 'r_mag'>>;
  metadata?: SaeMetadata;
}

/**
 * One way to train: its settings, its beginning, and what is published. One file each, listed in the registry; each
 * engine has a table of its own with the loss and the gradient of every recipe.
 */
export interface Recipe<Config extends RecipeConfig> {
  defaults(sizes: RecipeSizes): RecipeDefaults;
  /** Fills in and checks the recipe's own settings. */
  resolve(config: Config, sizes: RecipeSizes): Required<Config>;
  /** Raised whenever its equations change: a checkpoint of other equations is refused. @default 1 */
  revision?: number;
  /** Whether the encoder sees x − b_dec instead of x. */
  subtracts_b_dec: boolean;
  /** Whether decoder rows have unit length, and their gradient no part along them. */
  unit_decoder: boolean;
  /** Names of the parameters, one number per feature, that it has besides b_enc. */
  vectors: readonly string[];
  /** By what the learning rate of some of these is multiplied. @default 1 */
  vector_rates?(config: ResolvedConfig<Required<Config>>): VectorRates;
  /** Draws the weights to begin with; b_dec is set by its own option. */
  initialise(config: ResolvedConfig<Required<Config>>): Weights;
  /** What the trained weights are as an SAE. */
  publish(config: ResolvedConfig<Required<Config>>, weights: Weights): PublishedForm;
  /** Features of a row that its settings ask for. @default 0: no number of them */
  target_l0?(recipe: Required<Config>): number;
  /** Features per row that the inference threshold is calibrated to, where the architecture has none of its own. */
  calibrated_k?(recipe: Required<Config>): number;
}
