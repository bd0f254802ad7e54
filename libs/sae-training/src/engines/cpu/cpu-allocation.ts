import {
  type BlockEncoderSizes,
  createDenseProduct,
  createKernelMemory,
  createKernelThreads,
  type KernelMemory,
  planBlockEncoder,
  planMemoryBytes,
  THREAD_BYTES,
} from '@facet/kernels';
import type { ResolvedConfig } from '../../config.ts';
import type { ResolvedRecipe } from '../../recipes/recipe-config.ts';
import type { Weights } from '../../weights/weights.ts';
import type { EngineMemoryPlan } from '../engine.ts';
import { createDenseBlocks, denseLengths } from './cpu-dense.ts';
import { entryArrays, entryLengths } from './cpu-entries.ts';
import { parameterArrays, parameterLength, writeWeights } from './cpu-parameters.ts';
import type { CpuSizes } from './cpu-plan.ts';
import { sizesOf } from './cpu-sizes.ts';
import type { CpuArrays, CpuWorkspace } from './cpu-workspace.ts';

/** Vectors of one number per feature: dead, firings, floor, ceiling, threshold, penalty, mass. */
const VECTORS = 7;

/**
 * Allocates the workspace of a run and writes the initial weights into it; once `signal` has aborted, no further block is
 * computed.
 */
export async function createWorkspace(
  config: ResolvedConfig,
  initial: Weights,
  signal?: AbortSignal,
): Promise<CpuWorkspace<ResolvedRecipe>> {
  const sizes = sizesOf(config);
  const bytes = planMemoryBytes(Object.values(lengthsOf(sizes)).flat());
  const encoder = encoderOf(sizes);
  const memory = createKernelMemory(bytes, { shared: encoder !== undefined });
  const arrays = allocate(memory, sizes);
  const threads = await createKernelThreads({ memory, count: sizes.threads, encoder, signal });
  const shape = { inner: sizes.width, outer: sizes.d_sae, threads: sizes.productThreads, signal };
  const product = encoder ? undefined : await createDenseProduct(shape);
  const dense = sizes.plan.dense ? await createDenseBlocks(memory, sizes, config) : undefined;
  writeWeights(initial, arrays.weights, sizes);
  arrays.scalars.set([initial.input_scale ?? 1, initial.threshold ?? 0]);
  return { ...arrays, config, threads, product, dense };
}

/** Tells what `createWorkspace` will allocate, by purpose. */
export function planWorkspace(config: ResolvedConfig): EngineMemoryPlan {
  const sizes = sizesOf(config);
  const { weights, optimizer, batch } = lengthsOf(sizes);
  const encoder = encoderOf(sizes);
  const encoders = encoder ? sizes.threads * planBlockEncoder(encoder) : 0;
  return {
    weights_bytes: planMemoryBytes(weights),
    optimizer_bytes: planMemoryBytes(optimizer),
    gradients_bytes: planMemoryBytes(weights),
    batch_bytes: planMemoryBytes(batch) + encoders + THREAD_BYTES * (sizes.threads - 1),
    pre_activations_bytes: sizes.threads * planMemoryBytes([sizes.blockRows * sizes.d_sae]),
  };
}

/** What every thread needs that encodes blocks: a copy of W_enc with a block of rows and what is selected of them. */
function encoderOf(sizes: CpuSizes): BlockEncoderSizes | undefined {
  const { width, d_sae: features, blockRows: rows, threaded, productThreads, plan } = sizes;
  const entries = Math.max(plan.stride, plan.auxiliary);
  return threaded ? { width, features, rows, entries, productThreads } : undefined;
}

/** Array lengths in words, by purpose. */
function lengthsOf(sizes: CpuSizes) {
  const { width, d_sae, batch, plan } = sizes;
  const parameters = parameterLength(sizes);
  const residuals = plan.errors + (plan.auxiliary > 0 ? 1 : 0);
  const sorted = sortedLength(sizes);
  return {
    weights: [parameters],
    optimizer: [parameters, parameters, parameters],
    batch: [
      ...new Array<number>(1 + residuals).fill(batch * width),
      blockLength(sizes),
      ...entryLengths(batch, mainRoom(sizes)),
      ...entryLengths(batch, auxiliaryRoom(sizes)),
      ...[d_sae + 1, sorted, sorted, sorted, width, width],
      ...new Array<number>(plan.bounds).fill(batch),
      ...new Array<number>(VECTORS).fill(d_sae),
      scratchLength(sizes),
      ...denseLengths(sizes),
    ],
  };
}

function allocate(memory: KernelMemory, sizes: CpuSizes): CpuArrays {
  const { width, d_sae, batch, blockRows, plan } = sizes;
  const sorted = sortedLength(sizes);
  return {
    kernels: memory.kernels,
    width,
    d_sae,
    blockRows,
    weights: parameterArrays(memory, sizes),
    gradients: parameterArrays(memory, sizes),
    mean: memory.f32(parameterLength(sizes)),
    square: memory.f32(parameterLength(sizes)),
    scalars: new Float64Array(2),
    x: memory.f32(batch * width),
    errors: Array.from({ length: plan.errors }, () => memory.f32(batch * width)),
    auxiliaryError: memory.f32(plan.auxiliary > 0 ? batch * width : 0),
    pre: memory.f32(blockLength(sizes)),
    main: entryArrays(memory, batch, mainRoom(sizes)),
    auxiliary: entryArrays(memory, batch, auxiliaryRoom(sizes)),
    starts: memory.u32(d_sae + 1),
    entryRow: memory.u32(sorted),
    entryValue: memory.f32(sorted),
    entrySlope: memory.f32(sorted),
    dead: memory.u32(d_sae),
    firings: memory.u32(d_sae),
    bounds: Array.from({ length: plan.bounds }, () => memory.u32(batch)),
    floor: memory.f32(d_sae),
    ceiling: memory.f32(d_sae),
    threshold: memory.f32(d_sae),
    penalty: memory.f32(d_sae),
    mass: memory.f32(d_sae),
    zeros: memory.f32(width),
    sums: memory.f32(width),
    scratch: memory.u32(scratchLength(sizes)),
  };
}

const blockLength = ({ blockRows, d_sae, threaded }: CpuSizes) => (threaded ? 0 : blockRows * d_sae);

const mainRoom = ({ plan }: CpuSizes) => plan;

/** The auxiliary term has a fixed number of places per row. */
const auxiliaryRoom = ({ batch, plan: { auxiliary } }: CpuSizes) => ({
  candidates: batch * auxiliary,
  entries: batch * auxiliary,
  stride: auxiliary,
  gate: false,
});

const sortedLength = ({ batch, plan }: CpuSizes) => Math.max(plan.entries, batch * plan.auxiliary);

/** What selection per row needs: of all features, and of the dead ones. */
const scratchLength = ({ d_sae, threaded, plan: { stride, auxiliary } }: CpuSizes) =>
  threaded ? 0 : 5 * d_sae + 4 * Math.max(stride, auxiliary) + 24;
