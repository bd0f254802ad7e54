/** A recipe's own settings, told apart by `name`; a further recipe adds its type here. */
export type RecipeConfig =
  | StandardRecipeConfig
  | TopkRecipeConfig
  | BatchtopkRecipeConfig
  | JumpreluRecipeConfig
  | GatedRecipeConfig
  | MatryoshkaRecipeConfig;

/** A recipe's settings with every default filled in. */
export type ResolvedRecipe = Required<RecipeConfig>;

/** ReLU with an L1 penalty weighted by decoder norms (Anthropic, April 2024). */
export interface StandardRecipeConfig {
  name: 'standard';
  /** Weight λ of the penalty. @default 5 */
  lambda?: number;
  /** Share of the steps over which λ rises from 0. @default 0.05 */
  lambda_warmup_fraction?: number;
  /** Steps between resamplings of dead features; none in the decay of the rate; 0: never. @default 0 */
  resample_every?: number;
}

/** What recipes that select k features have in common. */
export interface SelectionConfig {
  /** Features that fire for a row; in batchtopk and matryoshka on average over a batch. */
  k: number;
  /** Weight of the auxiliary loss; 0 turns it off. @default 1/32 */
  auxk_alpha?: number;
  /** Dead features in the auxiliary loss. @default d_in / 2 */
  k_aux?: number;
}

/** TopK with an auxiliary loss for dead features (Gao et al. 2024). */
export interface TopkRecipeConfig extends SelectionConfig {
  name: 'topk';
}

/** BatchTopK: the B·k largest activations of a batch fire (Bussmann et al. 2024). */
export interface BatchtopkRecipeConfig extends SelectionConfig {
  name: 'batchtopk';
  /**
   * How fast the threshold follows the smallest activation that is selected.
   * @default 50 / steps, at least 0.01, at most 1
   */
  threshold_rate?: number;
}

/** JumpReLU with an L0 penalty through a straight-through estimator (Rajamanoharan et al. 2024b, Gemma Scope). */
export interface JumpreluRecipeConfig {
  name: 'jumprelu';
  /** Weight λ of the penalty. @default 1 with `target_l0`; without it λ must be stated */
  lambda?: number;
  /** Share of the steps over which λ rises from 0. @default 0.05 */
  lambda_warmup_fraction?: number;
  /** Features per row that the penalty λ(l0/target_l0 − 1)² pulls to; 0: the penalty is λ·l0. @default 0 */
  target_l0?: number;
  /** Threshold θ of every feature at the beginning, in units of scaled rows. @default 0.001 */
  initial_threshold?: number;
  /** Width ε of the window in which thresholds get a gradient. @default 0.001 */
  bandwidth?: number;
}

/** Gated: one path decides which features fire, another how strongly (Rajamanoharan et al. 2024a). */
export interface GatedRecipeConfig {
  name: 'gated';
  /** Weight λ of the penalty. @default 5 */
  lambda?: number;
  /** Share of the steps over which λ rises from 0. @default 0.05 */
  lambda_warmup_fraction?: number;
}

/** Matryoshka BatchTopK: nested prefixes of the features each reconstruct alone (Bussmann et al. 2025). */
export interface MatryoshkaRecipeConfig extends SelectionConfig {
  name: 'matryoshka';
  /** Numbers of features of the nested SAEs, ascending, the last d_sae. @default d_sae/16, /8, /4, /2, d_sae */
  prefixes?: readonly number[];
  /**
   * How fast the threshold follows the smallest activation that is selected.
   * @default 50 / steps, at least 0.01, at most 1
   */
  threshold_rate?: number;
}
