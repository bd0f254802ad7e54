import {
  createDenseProduct,
  createKernelMemory,
  type DenseProduct,
  type KernelExports,
  type KernelMemory,
  padWidth,
  planMemoryBytes,
} from '@facet/kernels';
import type { ResolvedConfig } from '../config.ts';
import type { EngineMemoryPlan } from '../engine.ts';
import { recipeOf } from '../recipes/registry.ts';
import type { Weights } from '../weights.ts';

/** Weights, or anything of their shape (gradients, moments), as one run of memory and its parts. */
export interface ParameterArrays extends Weights {
  all: Float32Array;
}

/** Selected features of the batch at a fixed stride per row. */
export interface Entries {
  stride: number;
  index: Uint32Array;
  value: Float32Array;
  /** How the loss moves with each activation, unscaled. */
  slope: Float32Array;
  count: Uint32Array;
}

/** Everything a step touches, in one kernel memory; widths are padded to whole SIMD vectors. */
export interface CpuWorkspace {
  config: ResolvedConfig;
  kernels: KernelExports;
  product: DenseProduct;
  /** Padded d_in and d_sae. */
  width: number;
  d_sae: number;
  blockRows: number;
  weights: ParameterArrays;
  gradients: ParameterArrays;
  mean: Float32Array;
  square: Float32Array;
  /** [batch_rows, width]: the batch, centred in place. */
  x: Float32Array;
  /** [batch_rows, width]: x̂ − x. */
  error: Float32Array;
  /** [batch_rows, width]: the same of the auxiliary term. */
  auxiliaryError: Float32Array;
  /** [blockRows, d_sae]: pre-activations of one block, without bias. */
  pre: Float32Array;
  main: Entries;
  auxiliary: Entries;
  /** Entries sorted by feature. */
  starts: Uint32Array;
  entryRow: Uint32Array;
  entryValue: Float32Array;
  entrySlope: Float32Array;
  /** Dead features, ascending. */
  dead: Uint32Array;
  /** Rows in which each feature fired. */
  firings: Uint32Array;
  zeros: Float32Array;
  sums: Float32Array;
  scratch: Uint32Array;
}

/**
 * Pre-activations of one block stay below this: large enough for the product, small enough for the
 * last-level cache.
 */
const BLOCK_BYTES = 8 << 20;
/** Most rows of one block; beyond this the product gains nothing. */
const MAX_BLOCK_ROWS = 1024;

/** Allocates the workspace of a run and writes the initial weights into it. */
export async function createWorkspace(config: ResolvedConfig, initial: Weights): Promise<CpuWorkspace> {
  const sizes = sizesOf(config);
  const memory = createKernelMemory(planMemoryBytes(Object.values(lengthsOf(sizes)).flat()));
  const workspace = allocate(memory, config, sizes);
  const product = await createDenseProduct({
    inner: sizes.width,
    outer: sizes.d_sae,
    threads: config.threads,
  });
  writeWeights(initial, workspace);
  return { ...workspace, product };
}

/** Tells what `createWorkspace` will allocate, by purpose. */
export function planWorkspace(config: ResolvedConfig): EngineMemoryPlan {
  const { weights, optimizer, batch } = lengthsOf(sizesOf(config));
  return {
    weights_bytes: planMemoryBytes(weights),
    optimizer_bytes: planMemoryBytes(optimizer),
    batch_bytes: planMemoryBytes(batch),
  };
}

/** Copies the weights out of the workspace, without padding. */
export function readWeights({ config, width, weights }: CpuWorkspace): Weights {
  const { d_in, d_sae } = config;
  const rows = (matrix: Float32Array): Float32Array => {
    const result = new Float32Array(d_sae * d_in);
    for (let i = 0; i < d_sae; i++) result.set(matrix.subarray(i * width, i * width + d_in), i * d_in);
    return result;
  };
  return {
    W_enc: rows(weights.W_enc),
    b_enc: weights.b_enc.slice(0, d_sae),
    W_dec: rows(weights.W_dec),
    b_dec: weights.b_dec.slice(0, d_in),
  };
}

interface Sizes {
  width: number;
  d_sae: number;
  batch: number;
  blockRows: number;
  main: number;
  auxiliary: number;
}

function sizesOf(config: ResolvedConfig): Sizes {
  const d_sae = padWidth(config.d_sae);
  const batch = config.batch_rows;
  const fitting = Math.max(1, Math.min(MAX_BLOCK_ROWS, Math.floor(BLOCK_BYTES / 4 / d_sae)));
  const blocks = Math.ceil(batch / fitting);
  const entries = recipeOf(config.recipe).cpu.entriesPerRow(config);
  return { width: padWidth(config.d_in), d_sae, batch, blockRows: Math.ceil(batch / blocks), ...entries };
}

/** Array lengths in words, in the order in which `allocate` takes them. */
function lengthsOf({ width, d_sae, batch, blockRows, main, auxiliary }: Sizes) {
  const parameters = 2 * d_sae * width + d_sae + width;
  const entries = (stride: number) => [batch * stride, batch * stride, batch * stride, batch];
  const sorted = batch * Math.max(main, auxiliary);
  return {
    weights: [parameters],
    optimizer: [parameters, parameters, parameters],
    batch: [
      ...[batch * width, batch * width, auxiliary > 0 ? batch * width : 0, blockRows * d_sae],
      ...entries(main),
      ...entries(auxiliary),
      ...[d_sae + 1, sorted, sorted, sorted, d_sae, d_sae, width, width],
      5 * d_sae + 4 * Math.max(main, auxiliary) + 24,
    ],
  };
}

function allocate(memory: KernelMemory, config: ResolvedConfig, sizes: Sizes): Omit<CpuWorkspace, 'product'> {
  const { width, d_sae, batch, blockRows, main, auxiliary } = sizes;
  const sorted = batch * Math.max(main, auxiliary);
  return {
    config,
    kernels: memory.kernels,
    width,
    d_sae,
    blockRows,
    weights: parameterArrays(memory, sizes),
    gradients: parameterArrays(memory, sizes),
    mean: memory.f32(2 * d_sae * width + d_sae + width),
    square: memory.f32(2 * d_sae * width + d_sae + width),
    x: memory.f32(batch * width),
    error: memory.f32(batch * width),
    auxiliaryError: memory.f32(auxiliary > 0 ? batch * width : 0),
    pre: memory.f32(blockRows * d_sae),
    main: entryArrays(memory, batch, main),
    auxiliary: entryArrays(memory, batch, auxiliary),
    starts: memory.u32(d_sae + 1),
    entryRow: memory.u32(sorted),
    entryValue: memory.f32(sorted),
    entrySlope: memory.f32(sorted),
    dead: memory.u32(d_sae),
    firings: memory.u32(d_sae),
    zeros: memory.f32(width),
    sums: memory.f32(width),
    scratch: memory.u32(5 * d_sae + 4 * Math.max(main, auxiliary) + 24),
  };
}

function parameterArrays(memory: KernelMemory, { width, d_sae }: Sizes): ParameterArrays {
  const matrix = d_sae * width;
  const all = memory.f32(2 * matrix + d_sae + width);
  return {
    all,
    W_enc: all.subarray(0, matrix),
    W_dec: all.subarray(matrix, 2 * matrix),
    b_enc: all.subarray(2 * matrix, 2 * matrix + d_sae),
    b_dec: all.subarray(2 * matrix + d_sae),
  };
}

function entryArrays(memory: KernelMemory, batch: number, stride: number): Entries {
  return {
    stride,
    index: memory.u32(batch * stride),
    value: memory.f32(batch * stride),
    slope: memory.f32(batch * stride),
    count: memory.u32(batch),
  };
}

/** Writes weights into padded rows; padding features get the bias −∞ and never fire. */
function writeWeights(initial: Weights, { config, width, weights }: Omit<CpuWorkspace, 'product'>): void {
  const { d_in, d_sae } = config;
  for (let i = 0; i < d_sae; i++) {
    weights.W_enc.set(initial.W_enc.subarray(i * d_in, (i + 1) * d_in), i * width);
    weights.W_dec.set(initial.W_dec.subarray(i * d_in, (i + 1) * d_in), i * width);
  }
  weights.b_enc.fill(Number.NEGATIVE_INFINITY);
  weights.b_enc.set(initial.b_enc);
  weights.b_dec.set(initial.b_dec);
}
