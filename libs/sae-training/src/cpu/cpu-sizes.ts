import { padWidth } from '@facet/kernels';
import type { ResolvedConfig } from '../config.ts';
import { recipeOf } from '../recipes/registry.ts';
import type { CpuPlan } from './cpu-gradients.ts';

/** What the arrays of a workspace are as long as. */
export interface CpuSizes {
  /** As configured, without padding. */
  d_in: number;
  features: number;
  /** Padded d_in and d_sae. */
  width: number;
  d_sae: number;
  batch: number;
  blockRows: number;
  /** Names of the recipe's own parameters. */
  vectors: readonly string[];
  plan: CpuPlan;
}

/**
 * Pre-activations of one block stay below this: large enough for the product, small enough for the
 * last-level cache.
 */
const BLOCK_BYTES = 8 << 20;
/** Most rows of one block; beyond this the product gains nothing. */
const MAX_BLOCK_ROWS = 1024;
/** Fewer rows than this do not pay for reordering W_enc, which every product begins with. */
const MIN_BLOCK_ROWS = 128;

/** Sizes everything that a run on the CPU takes. */
export function sizesOf(config: ResolvedConfig): CpuSizes {
  const recipe = recipeOf(config.recipe);
  const d_sae = padWidth(config.d_sae);
  const batch = config.batch_rows;
  const fitting = Math.max(MIN_BLOCK_ROWS, Math.min(MAX_BLOCK_ROWS, Math.floor(BLOCK_BYTES / 4 / d_sae)));
  const blockRows = Math.ceil(batch / Math.ceil(batch / fitting));
  const plan = recipe.cpu.plan(config, { d_sae, batch, blockRows });
  return {
    d_in: config.d_in,
    features: config.d_sae,
    width: padWidth(config.d_in),
    d_sae,
    batch,
    blockRows,
    vectors: recipe.vectors,
    plan,
  };
}
