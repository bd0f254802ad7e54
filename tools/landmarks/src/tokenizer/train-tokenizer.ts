import { FacetError } from '@facet/errors';
import { createPairQueue } from './pair-queue.ts';
import { BYTE_NAMES, preTokens } from './pre-tokens.ts';
import { SPECIAL_TOKENS, type TokenizerModel } from './tokenizer-model.ts';

export interface TokenizerOptions {
  /** Special tokens, 256 bytes and merged tokens together; fewer come out where no pair is seen twice. */
  vocabSize: number;
  /** @default SPECIAL_TOKENS */
  specialTokens?: readonly string[];
}

/** A pair that was seen only once is an accident of this corpus. */
const MIN_PAIR_COUNT = 2;
/** Pairs are keyed left · 2^16 + right: ids fit 16 bits, as in the corpus files. */
const ID_RANGE = 2 ** 16;

/**
 * Learns byte-level BPE merges (Sennrich et al. 2016 §3.2): again and again the most frequent pair of
 * neighbours inside a pre-token becomes a token; ties go to the pair that is first in the order of its text.
 */
export function trainTokenizer(texts: Iterable<string>, options: TokenizerOptions): TokenizerModel {
  const { vocabSize, specialTokens = SPECIAL_TOKENS } = options;
  const tokens = [...specialTokens, ...BYTE_NAMES];
  if (!Number.isInteger(vocabSize) || vocabSize < tokens.length || vocabSize > ID_RANGE)
    throw new FacetError('invalid', `vocabSize ${vocabSize} is not from ${tokens.length} to ${ID_RANGE}`);
  const pairs = createPairs(countWords(texts, specialTokens.length), tokens);
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges: [number, number][] = [];
  while (tokens.length < vocabSize) {
    const best = pairs.takeBest();
    if (!best) break;
    const token = `${tokens[best[0]]}${tokens[best[1]]}`;
    // Two merges can spell the same token; both lead to the one id.
    const id = ids.get(token) ?? tokens.push(token) - 1;
    ids.set(token, id);
    merges.push(best);
    pairs.merge(best, id);
  }
  return { specialTokens, tokens, merges };
}

/** A distinct pre-token: its tokens so far, and how often the corpus has it. */
interface Word {
  ids: number[];
  count: number;
}

function countWords(texts: Iterable<string>, firstByteId: number): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) for (const word of preTokens(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  const encoder = new TextEncoder();
  const bytes = (word: string) => Array.from(encoder.encode(word), (byte) => byte + firstByteId);
  return Array.from(counts, ([word, count]) => ({ ids: bytes(word), count }));
}

interface Pairs {
  /** The pair to merge next, or undefined when none is frequent enough. */
  takeBest(): [number, number] | undefined;
  /** Replaces the pair by `id` in every word that has it, and keeps all counts true. */
  merge(pair: readonly [number, number], id: number): void;
}

interface PairState {
  count: number;
  /** Words that have, or once had, this pair. */
  words: Set<Word>;
}

function createPairs(words: readonly Word[], tokens: readonly string[]): Pairs {
  const states = new Map<number, PairState>();
  const queue = createPairQueue(tokens);
  const touched = new Set<number>();

  const countPairs = (word: Word, sign: 1 | -1) => {
    for (let i = 0; i + 1 < word.ids.length; i++) {
      const key = word.ids[i]! * ID_RANGE + word.ids[i + 1]!;
      const state = states.get(key) ?? { count: 0, words: new Set() };
      states.set(key, state);
      state.count += sign * word.count;
      if (sign > 0) state.words.add(word);
      touched.add(key);
    }
  };
  const offer = (key: number) => {
    const { count } = states.get(key)!;
    if (count >= MIN_PAIR_COUNT)
      queue.push({ left: Math.floor(key / ID_RANGE), right: key % ID_RANGE, count });
    else if (count === 0) states.delete(key);
  };
  const offerTouched = () => {
    for (const key of touched) offer(key);
    touched.clear();
  };

  for (const word of words) countPairs(word, 1);
  offerTouched();
  return {
    takeBest() {
      // An entry is stale when its count changed since; the change put a new entry into the queue.
      for (let entry = queue.pop(); entry; entry = queue.pop()) {
        const { left, right, count } = entry;
        if (states.get(left * ID_RANGE + right)?.count === count) return [left, right];
      }
      return undefined;
    },
    merge(pair, id) {
      const key = pair[0] * ID_RANGE + pair[1];
      for (const word of states.get(key)?.words ?? []) {
        countPairs(word, -1);
        word.ids = mergePair(word.ids, pair, id);
        countPairs(word, 1);
      }
      offerTouched();
    },
  };
}

function mergePair(ids: readonly number[], [left, right]: readonly [number, number], id: number): number[] {
  const merged: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const isPair = ids[i] === left && ids[i + 1] === right;
    merged.push(isPair ? id : ids[i]!);
    if (isPair) i++;
  }
  return merged;
}
