import type { ActivationSet, ActivationShard } from '@facet/artifacts';
import type { ChosenContext } from './evaluation-selection.ts';

/** Whole contexts that are evaluated together. */
export interface EvaluationBatch {
  /** Tokens of every context. */
  lengths: number[];
  /** [tokens] of all contexts, one after another. */
  tokenIds: Int32Array;
  /** [tokens], 1 for tokens that are neither BOS nor special. */
  ordinary: Uint8Array;
  /** [tokens], 1 for rows that count. */
  counted: Uint8Array;
  /** Rows of the ordinary tokens [n, d_in], and where each stands among the tokens. */
  x: Float32Array;
  places: Uint32Array;
  /** [tokens, d_in]: the stored rows of special tokens, zeros elsewhere. */
  specialRows: Float32Array;
}

export interface BatchLimits {
  /** Most tokens of a batch; a longer context stands alone. */
  tokens: number;
  /** Most contexts of a batch. */
  contexts: number;
}

/** Reads chosen contexts, which come in the order of the set, in batches; one shard is in memory at a time. */
export async function* readBatches(
  set: ActivationSet,
  contexts: readonly ChosenContext[],
  { limits, signal }: { limits: BatchLimits; signal: AbortSignal },
): AsyncGenerator<EvaluationBatch> {
  for (let at = 0; at < contexts.length; ) {
    const { shard: index } = contexts[at]!;
    const shard = await set.readShard(index, { signal });
    while (contexts[at]?.shard === index) {
      const group = takeGroup(contexts, at, limits);
      at += group.length;
      yield layOut(shard, group);
    }
  }
}

/** The contexts of the shard at `from` that fit into one batch. */
function takeGroup(contexts: readonly ChosenContext[], from: number, limits: BatchLimits): ChosenContext[] {
  const { shard } = contexts[from]!;
  let to = from;
  let tokens = 0;
  while (to < contexts.length && contexts[to]!.shard === shard && to - from < limits.contexts) {
    tokens += contexts[to]!.length;
    if (tokens > limits.tokens && to > from) break;
    to++;
  }
  return contexts.slice(from, to);
}

function layOut(shard: ActivationShard, group: readonly ChosenContext[]): EvaluationBatch {
  const lengths = group.map(({ length }) => length);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const batch = {
    lengths,
    tokenIds: new Int32Array(tokens),
    ordinary: new Uint8Array(tokens),
    counted: new Uint8Array(tokens),
  };
  let at = 0;
  for (const { start, length, counted } of group) {
    batch.tokenIds.set(shard.tokenIds.subarray(start, start + length), at);
    batch.counted.set(counted, at);
    for (let t = 0; t < length; t++) batch.ordinary[at + t] = shard.special[start + t] === 0 ? 1 : 0;
    at += length;
  }
  return { ...batch, ...partRows(shard, group, batch.ordinary) };
}

/** Parts the rows of a batch into ordinary ones, gathered, and special ones, left in place. */
function partRows(
  { activations, dIn }: ActivationShard,
  group: readonly ChosenContext[],
  ordinary: Uint8Array,
): Pick<EvaluationBatch, 'x' | 'places' | 'specialRows'> {
  const places = Uint32Array.from(ordinary.keys()).filter((place) => ordinary[place] === 1);
  const x = new Float32Array(places.length * dIn);
  const specialRows = new Float32Array(ordinary.length * dIn);
  let place = 0;
  let picked = 0;
  for (const { start, length } of group)
    for (let row = start; row < start + length; row++, place++) {
      const values = activations.subarray(row * dIn, (row + 1) * dIn);
      if (ordinary[place] === 1) x.set(values, picked++ * dIn);
      else specialRows.set(values, place * dIn);
    }
  return { x, places, specialRows };
}
