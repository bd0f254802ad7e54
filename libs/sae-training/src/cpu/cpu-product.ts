import type { CpuWorkspace } from './cpu-workspace.ts';

/** Rows [first, first + rows) of the batch, whose products with the encoder are in `pre`. */
export interface ProductBlock {
  first: number;
  rows: number;
}

/** Computes x·W_encᵀ of the first `rows` rows, block by block into `pre`: each is gone with the next. */
export async function* productBlocks(cpu: CpuWorkspace, rows: number): AsyncGenerator<ProductBlock, void> {
  const { product, weights, x, pre, width } = cpu;
  for (let first = 0; first < rows; first += cpu.blockRows) {
    const block = { first, rows: Math.min(cpu.blockRows, rows - first) };
    await product.run({ x: x.subarray(first * width), W: weights.W_enc, y: pre, rows: block.rows });
    yield block;
  }
}
