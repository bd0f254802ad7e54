import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BOS_ID } from './src/tokenizer/index.ts';

/** Held-out tokens that count, the same first ones on which the trainer measures the model. */
const HELD_OUT_TOKENS = 65_536;

const { values } = parseArgs({ options: { corpus: { type: 'string', default: '.facet/landmarks' } } });
const readIds = async (name: string) => {
  const bytes = await readFile(join(values.corpus, `${name}.bin`));
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
};
const [train, heldOut] = [await readIds('train'), await readIds('heldout')];
const { vocab_size } = JSON.parse(await readFile(join(values.corpus, 'corpus.json'), 'utf8'));

/** What followed a context: how often it was seen, and how many different tokens followed it. */
interface Follow {
  total: number;
  types: number;
}

/** Counts of all n-grams up to `order`; keys are hashes of the tokens, 52 bits. */
function countNgrams(ids: Uint16Array, order: number) {
  const grams = new Map<number, number>();
  const contexts = new Map<number, Follow>();
  forEachTarget(ids, (at, start) => {
    for (let n = 1; n <= Math.min(order, at - start + 1); n++) {
      const context = hash(ids, at - n + 1, at, n);
      const gram = hash(ids, at - n + 1, at + 1, n);
      const seen = grams.get(gram) ?? 0;
      grams.set(gram, seen + 1);
      const follow = contexts.get(context) ?? { total: 0, types: 0 };
      follow.total++;
      if (seen === 0) follow.types++;
      contexts.set(context, follow);
    }
  });
  return { grams, contexts };
}

/** Interpolated Witten–Bell: p_n(w | c) = (count(c, w) + types(c) · p_{n−1}(w | c')) / (total(c) + types(c)), down to 1 / vocabulary. */
function meanNll(order: number): number {
  const { grams, contexts } = countNgrams(train, order);
  let sum = 0;
  let count = 0;
  const firstTokens = heldOut.subarray(0, HELD_OUT_TOKENS);
  forEachTarget(firstTokens, (at, start) => {
    let p = 1 / vocab_size;
    for (let n = 1; n <= Math.min(order, at - start + 1); n++) {
      const follow = contexts.get(hash(heldOut, at - n + 1, at, n));
      if (follow === undefined) break;
      const seen = grams.get(hash(heldOut, at - n + 1, at + 1, n)) ?? 0;
      p = (seen + follow.types * p) / (follow.total + follow.types);
    }
    sum -= Math.log(p);
    count++;
  });
  return sum / count;
}

/** Calls `visit` for every token but BOS with its place and that of its document's BOS. */
function forEachTarget(ids: Uint16Array, visit: (at: number, start: number) => void): void {
  let start = 0;
  for (let at = 0; at < ids.length; at++) {
    if (ids[at] === BOS_ID) start = at;
    else visit(at, start);
  }
}

const HASH_RANGE = 2 ** 52;

/** Hashes the tokens [from, to) and the order, by two 26-bit products. */
function hash(ids: Uint16Array, from: number, to: number, order: number): number {
  let [low, high] = [order, order + 77];
  for (let at = from; at < to; at++) {
    low = (Math.imul(low ^ ids[at], 0x9e3779b1) >>> 0) ^ (low >>> 13);
    high = (Math.imul(high + ids[at], 0x85ebca77) >>> 0) ^ (high >>> 15);
  }
  return ((low >>> 6) * 2 ** 26 + (high >>> 6) + (to - from)) % HASH_RANGE;
}

console.log(JSON.stringify({ bigram: meanNll(2), fivegram: meanNll(5), train_tokens: train.length }));
