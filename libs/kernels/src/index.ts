export { createDenseProduct, type DenseProduct, type DenseProductOptions } from './dense-product.ts';
export { createDenseUpdate, type DenseUpdate, type DenseUpdateOptions } from './dense-update.ts';
export type { KernelExports } from './kernel-exports.ts';
export {
  createKernelMemory,
  type KernelMemory,
  LANES,
  MAX_MEMORY_BYTES,
  padWidth,
  planMemoryBytes,
} from './kernel-memory.ts';
