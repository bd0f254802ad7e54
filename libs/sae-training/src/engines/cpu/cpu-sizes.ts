import { availableParallelism } from 'node:os';
import { padWidth } from '@facet/kernels';
import type { ResolvedConfig } from '../../config.ts';
import { recipeOf } from '../../recipes/registry.ts';
import type { CpuSizes } from './cpu-plan.ts';
import { cpuGradientsOf } from './cpu-recipes.ts';

/**
 * Pre-activations of one block stay below this: large enough for the product, small enough for the last-level cache, also
 * where several threads have a block each.
 */
const BLOCK_BYTES = 4 << 20;
/** Most rows of one block; beyond this the product gains nothing. */
const MAX_BLOCK_ROWS = 1024;
/** Fewer rows than this do not pay for reordering W_enc, which every product begins with. */
const MIN_BLOCK_ROWS = 128;

/** Sizes everything that a run on the CPU takes. */
export function sizesOf(config: ResolvedConfig): CpuSizes {
  const { vectors } = recipeOf(config.recipe);
  const gradients = cpuGradientsOf(config.recipe);
  const d_sae = padWidth(config.d_sae);
  const batch = config.batch_rows;
  const fitting = Math.max(MIN_BLOCK_ROWS, Math.min(MAX_BLOCK_ROWS, Math.floor(BLOCK_BYTES / 4 / d_sae)));
  const threaded = gradients.threaded ?? false;
  const { threads, productThreads } = threaded
    ? threadsOf(config)
    : { threads: 1, productThreads: config.threads };
  // A whole number of blocks for every thread, so that all end together.
  const blocks = threads * Math.ceil(batch / fitting / threads);
  const blockRows = Math.ceil(batch / blocks);
  const plan = gradients.plan(config, { d_sae, batch, blockRows });
  return {
    d_in: config.d_in,
    features: config.d_sae,
    width: padWidth(config.d_in),
    d_sae,
    batch,
    blockRows,
    vectors,
    plan,
    threaded,
    threads,
    productThreads,
  };
}

/** What a thread must have to multiply in a step to be worth waking: about a millisecond. */
const MIN_MULTIPLICATIONS = 50e6;
/** Every thread has a copy of W_enc: where there are more cores, several work on one product. */
const MAX_THREADS = 8;

function threadsOf({ threads, batch_rows, d_in, d_sae }: ResolvedConfig) {
  const cores = threads || availableParallelism();
  const worthwhile = Math.ceil((batch_rows * d_in * d_sae) / MIN_MULTIPLICATIONS);
  const count = Math.min(cores, MAX_THREADS, worthwhile);
  return { threads: count, productThreads: Math.max(1, Math.floor(cores / count)) };
}
