import type { DenseProduct, DenseUpdate, KernelMemory, KernelThreads } from '@facet/kernels';
import type { ResolvedConfig } from '../../config.ts';

/**
 * Everything a step touches, in one kernel memory; widths are padded to whole SIMD vectors. `R` is the resolved recipe,
 * where it matters.
 */
export interface CpuWorkspace<R = unknown> extends CpuArrays {
  config: ResolvedConfig<R>;
  /** Those that share the work; where they do not, the engine's own. */
  threads: KernelThreads;
  /** Products of blocks with the encoder, where threads do not encode them. */
  product?: DenseProduct | undefined;
  /** Products for blocks that are decoded dense; absent where the recipe never does. */
  dense?: DenseBlocks | undefined;
}

/** The arrays of a workspace, and the kernels that work on them. */
export interface CpuArrays {
  kernels: KernelMemory['kernels'];
  /** Padded d_in and d_sae. */
  width: number;
  d_sae: number;
  blockRows: number;
  weights: Parameters;
  gradients: Parameters;
  mean: Float32Array;
  square: Float32Array;
  /** What rows are multiplied by, and the moving threshold. */
  scalars: Float64Array;
  /** [batch_rows, width]: the batch, scaled and centred in place. */
  x: Float32Array;
  /** Each [batch_rows, width]; the first is x̂ − x. */
  errors: Float32Array[];
  /** [batch_rows, width]: x̂ − x with the auxiliary term's reconstruction added. */
  auxiliaryError: Float32Array;
  /** [blockRows, d_sae]: products of one block with the encoder, without bias; empty where threads encode. */
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
  /** [batch_rows] each: where groups of a row's entries begin and end. */
  bounds: Uint32Array[];
  /** Vectors [d_sae] that recipes use in their own ways; `floor` is what a pre-activation must exceed. */
  floor: Float32Array;
  ceiling: Float32Array;
  threshold: Float32Array;
  penalty: Float32Array;
  mass: Float32Array;
  zeros: Float32Array;
  sums: Float32Array;
  scratch: Uint32Array;
}

/** Weights, or anything of their shape (gradients, moments), as one run of memory and its parts. */
export interface Parameters {
  all: Float32Array;
  /** [d_sae, width] */
  W_enc: Float32Array;
  W_dec: Float32Array;
  /** [d_sae] */
  b_enc: Float32Array;
  /** [width] */
  b_dec: Float32Array;
  /** The recipe's own, each [d_sae]. */
  vectors: Readonly<Record<string, Float32Array>>;
}

/** Selected features of the batch: those of row r lie from begin[r] to end[r], ascending. */
export interface Entries {
  stride: number;
  begin: Uint32Array;
  end: Uint32Array;
  /** [batch + 1]: where rows follow each other (stride 0), begin and end are views of it. */
  offsets: Uint32Array;
  index: Uint32Array;
  value: Float32Array;
  /** How the loss moves with each activation, unscaled. */
  slope: Float32Array;
  /** gated: the gate's activation, and how the loss moves with it. */
  gate: Float32Array;
  gateSlope: Float32Array;
}

/** What a block needs whose activations are too many to be handled one by one. */
export interface DenseBlocks {
  /** [blockRows, d_sae]: activations. */
  acts: Float32Array;
  /** [blockRows, d_sae]: how the loss moves with them. */
  slopes: Float32Array;
  /** error += acts·W_dec. */
  decode: DenseUpdate;
  /** gradient += 2/B·actsᵀ·error. */
  gradient: DenseUpdate;
  close(): Promise<void>;
}

/** Places in `scalars`. */
export const INPUT_SCALE = 0;
export const THRESHOLD = 1;
