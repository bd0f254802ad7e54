export {
  type BlockEncoder,
  type BlockEncoderSizes,
  type BlockSelection,
  type BlockTask,
  planBlockEncoder,
} from './block-encoder.ts';
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
export type { KernelCall, KernelTask } from './kernel-tasks.ts';
export {
  createKernelThreads,
  type KernelThreads,
  type KernelThreadsOptions,
  THREAD_BYTES,
} from './kernel-threads.ts';
