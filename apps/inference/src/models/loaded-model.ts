import type { MemoryAccount, ModelRuntime } from '@facet/model-runtime';
import type { DType } from '@facet/tensor';
import type { TokenizerPool } from '../tokens/tokenizer-pool.ts';
import type { HeldQuantization } from './held-quantization.ts';

/** A model that is held: its runtime, its tokenizer, and what the contract tells about it. */
export interface LoadedModel {
  /** As in `models/{id}`. */
  id: string;
  runtime: ModelRuntime;
  /** Where the memory of what it works on is held. */
  memory: MemoryAccount;
  tokenizer: TokenizerPool;
  /** Element type of the weights on disk. */
  weightDtype: DType;
  /** How its matrices are held and what that costs; absent where they are computed with as they are stored. */
  quantization?: HeldQuantization | undefined;
  /** [d_vocab], 1 for special tokens. */
  special: Uint8Array;
  /** What an operator should know of its files, in sentences. */
  warnings: readonly string[];
}

/** Looks up, for every id of `ids`, whether it is a special token: U8 of the same length. */
export function specialOf(model: LoadedModel, ids: Int32Array): Uint8Array {
  return Uint8Array.from(ids, (id) => model.special[id]!);
}
