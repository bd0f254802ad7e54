import type { Architecture } from '@facet/sae';
import type { ResolvedConfig } from '../config.ts';
import type { CpuGradients } from '../cpu/cpu-gradients.ts';
import type { Weights } from '../weights.ts';

/**
 * One way to train: its settings, its beginning, and its loss on each engine. One file each, listed in the
 * registry.
 */
export interface Recipe<Config> {
  /** Architecture that is published. */
  architecture: Architecture;
  /** Fills in and checks the recipe's own settings. */
  resolve(config: Config, sizes: { d_in: number; d_sae: number }): Required<Config>;
  /** Draws the weights to begin with; `x` [rows, d_in] is the first batch. */
  initialise(config: ResolvedConfig, x: Float32Array, rows: number): Weights;
  /** The recipe's loss and gradient on the CPU engine. */
  cpu: CpuGradients;
}
