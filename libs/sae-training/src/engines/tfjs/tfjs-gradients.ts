import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { ResolvedConfig } from '../../config.ts';
import type { RecipeConfig } from '../../recipes/recipe-config.ts';
import type { Tf } from './load-tfjs.ts';
import type { TfjsParameters, TfjsTraining } from './tfjs-training.ts';

/** Rows as a recipe sees them, with the weights. `R` is the resolved recipe. */
export interface TfjsBatch<R = unknown> {
  tf: Tf;
  config: ResolvedConfig<R>;
  w: TfjsParameters;
  /** [rows, d_in]: scaled, and less b_dec where the recipe's encoder sees them so. */
  x: Tensor2D;
}

/** Where a step is. */
export interface TfjsStep {
  /** Steps taken before this one. */
  step: number;
  /** Dead features, ascending. */
  dead: Uint32Array;
}

/** The loss of a batch with its gradients; a type that tfjs can walk through, so that it keeps these tensors alone. */
export type TfjsLoss = {
  /** The whole loss, auxiliary terms included. */
  loss: Tensor;
  /** x̂ − x [rows, d_in]. */
  error: Tensor2D;
  /** Rows in which each feature fired [d_sae]. */
  firings: Tensor;
  gradients: TfjsParameters;
  /** batchtopk, matryoshka: the smallest activation selected; 0 where none was. */
  smallest?: Tensor;
};

/** A recipe's arithmetic on the tfjs engine: everything dense, the whole batch at a time. */
export interface TfjsGradients<Config extends RecipeConfig = RecipeConfig> {
  /** Matrices [batch_rows, d_sae] that a step holds at most. */
  matrices: number;
  /** Encodes rows as the published SAE would: activations [rows, d_sae]. `threshold` is the moving one. */
  encode(batch: TfjsBatch<Required<Config>>, threshold: number): Tensor2D;
  train(batch: TfjsBatch<Required<Config>>, at: TfjsStep): TfjsLoss;
  /** What the recipe does besides, after an update: dead features may begin anew. */
  afterUpdate?(
    training: TfjsTraining<Required<Config>>,
    batch: { x: Tensor2D; error: Tensor2D },
    at: TfjsStep,
  ): void;
}
