import type { TensorEntry } from '@facet/tensor';

/** A weight where it lies: file, place and type; never its values. */
export interface Weight extends TensorEntry {
  /** File name inside the folder that holds all weight files. */
  file: string;
}

/** y = x · Wᵀ + b with W [out, in], or x · W + b with W [in, out] where it is stored transposed. */
export interface Linear {
  weight: Weight;
  /** [out] */
  bias?: Weight;
  isTransposed: boolean;
  /** What stands for the weight in graphs; absent where it is computed with as it is. */
  quantized?: QuantizedMatrix;
}

/** A matrix [height, width] in whole numbers: w = scale · (q − zero), a scale and a zero for every block of a row. */
export interface QuantizedMatrix {
  height: number;
  width: number;
  /** Inputs that share a scale and a zero; the last block of a row is filled up. */
  blockSize: number;
  /** Parts that add up to the matrix, by the passes that they are fast in. */
  context: readonly QuantizedPart[];
  cache: readonly QuantizedPart[];
}

/** One operand of MatMulNBits, n blocks in a row. */
export interface QuantizedPart {
  bits: 4 | 8;
  /** U8 [height, n, blockSize · bits / 8]; of two numbers in a byte the first is the lower half. */
  values: Weight;
  /** F32 [height, n] */
  scales: Weight;
  /** U8 [height, ⌈n · bits / 8⌉] */
  zeros: Weight;
}

export interface Norm {
  /** [width] */
  weight: Weight;
  /** [width], in a LayerNorm */
  bias?: Weight;
}

export interface AttentionWeights {
  /** Three products, or one whose result holds all q, then all k, then all v, or the three of one head after the other. */
  qkv: { q: Linear; k: Linear; v: Linear } | { fused: Linear; order: 'parts' | 'heads' };
  out: Linear;
  /** Norm of queries: of each head [d_head], or of all together [n_heads·d_head]. */
  qNorm?: Norm;
  kNorm?: Norm;
}

export interface MlpWeights {
  up: Linear;
  down: Linear;
  /** Where the MLP is gated. */
  gate?: Linear;
}

export interface BlockWeights {
  /** By the names that the block uses, such as ln1. */
  norms: Readonly<Record<string, Norm>>;
  attention: AttentionWeights;
  mlp: MlpWeights;
}

/** Every weight that the graph refers to. */
export interface ModelWeights {
  /** [d_vocab, d_model] */
  embedding: Weight;
  /** [n_ctx, d_model], where positions are learned. */
  positions?: Weight;
  /** [d_vocab, d_model]; the same weight as `embedding` when the two are tied. */
  unembedding: Linear;
  /** An unembedding that is stored although it is tied; it must be the embedding (see directory-checks.ts). */
  spareHead?: Weight;
  finalNorm: Norm;
  blocks: readonly BlockWeights[];
}
