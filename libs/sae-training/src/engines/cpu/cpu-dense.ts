import { createDenseUpdate, type KernelMemory } from '@facet/kernels';
import type { ResolvedConfig } from '../../config.ts';
import type { RowRange } from './cpu-entries.ts';
import type { CpuSizes } from './cpu-plan.ts';
import type { CpuWorkspace, DenseBlocks } from './cpu-workspace.ts';

/** Array lengths in words, in the order in which `createDenseBlocks` takes them. */
export function denseLengths({ blockRows, d_sae, plan }: CpuSizes): number[] {
  return plan.dense ? [blockRows * d_sae, blockRows * d_sae] : [];
}

/** Takes the memory of dense blocks and prepares their products. */
export async function createDenseBlocks(
  memory: KernelMemory,
  sizes: CpuSizes,
  { threads }: ResolvedConfig,
): Promise<DenseBlocks> {
  const [acts, slopes] = denseLengths(sizes).map((length) => memory.f32(length));
  const shape = { features: sizes.d_sae, width: sizes.width, threads };
  const decode = await createDenseUpdate({ ...shape, transpose: false, scale: 1 });
  const gradient = await createDenseUpdate({ ...shape, transpose: true, scale: 2 / sizes.batch });
  return {
    acts,
    slopes,
    decode,
    gradient,
    close: async () => {
      await decode.close();
      await gradient.close();
    },
  };
}

/** Adds the decode of dense activations to the block's rows of `error`; returns their squared norm. */
export async function decodeDense(
  cpu: CpuWorkspace,
  activations: Float32Array,
  { error, first, rows }: RowRange & { error: Float32Array },
): Promise<number> {
  const { dense, weights, kernels, width } = cpu;
  const block = error.subarray(first * width, (first + rows) * width);
  await dense!.decode.run({ A: activations, B: weights.W_dec, C: block, rows });
  return kernels.sumOfSquares(block.byteOffset, block.length);
}

/** Writes to `slopes` how the loss moves with every activation of the block, unscaled: error·W_decᵀ. */
export async function projectDense(
  { product, weights, width }: CpuWorkspace,
  slopes: Float32Array,
  { error, first, rows }: RowRange & { error: Float32Array },
): Promise<void> {
  await product!.run({ x: error.subarray(first * width), W: weights.W_dec, y: slopes, rows });
}
