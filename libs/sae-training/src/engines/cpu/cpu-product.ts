import type { CpuWorkspace } from './cpu-workspace.ts';

/** Rows [first, first + rows) of the batch. */
export interface ProductBlock {
  first: number;
  rows: number;
}

/** Computes x·W_encᵀ of the first `rows` rows, block by block into `pre`: each is gone with the next. */
export async function* productBlocks(cpu: CpuWorkspace, rows: number): AsyncGenerator<ProductBlock, void> {
  const { product, weights, x, pre, width, blockRows } = cpu;
  for (const block of blocksOf(rows, blockRows)) {
    await product!.run({ x: x.subarray(block.first * width), W: weights.W_enc, y: pre, rows: block.rows });
    yield block;
  }
}

/** Gives the products of the first `rows` rows with W_enc, block by block, wherever they are computed. */
export async function* products(cpu: CpuWorkspace, rows: number): AsyncGenerator<Float32Array, void> {
  const { threads, weights, x, pre, width, d_sae, blockRows } = cpu;
  const { encoder } = threads;
  if (!encoder) {
    for await (const block of productBlocks(cpu, rows)) yield pre.subarray(0, block.rows * d_sae);
    return;
  }
  encoder.load({ W: weights.W_enc.byteOffset, bias: weights.b_enc.byteOffset });
  for (const block of blocksOf(rows, blockRows)) {
    yield await encoder.product(x.byteOffset + 4 * block.first * width, block.rows);
  }
}

/** Cuts the first `rows` rows into blocks of at most `size`. */
export function blocksOf(rows: number, size: number): ProductBlock[] {
  return Array.from({ length: Math.ceil(rows / size) }, (_, n) => ({
    first: n * size,
    rows: Math.min(size, rows - n * size),
  }));
}
