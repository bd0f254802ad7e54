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

/** What followed a context in the train part: how often, and how often each token. */
interface Follow {
  total: number;
  readonly tokens: Map<number, number>;
}

const LONGEST = 5;
const firstTokens = heldOut.subarray(0, HELD_OUT_TOKENS);

/** What follows, in the train part, each context of up to four tokens that the held-out text has; keys are hashes, 52 bits. */
function countFollows(): Map<number, Follow> {
  const follows = new Map<number, Follow>();
  forEachContext(firstTokens, (context) => {
    if (!follows.has(context)) follows.set(context, { total: 0, tokens: new Map() });
  });
  forEachContext(train, (context, at) => {
    const follow = follows.get(context);
    if (!follow) return;
    follow.total++;
    follow.tokens.set(train[at], (follow.tokens.get(train[at]) ?? 0) + 1);
  });
  return follows;
}

/** Interpolated Witten–Bell: p_n(w | c) = (count(c, w) + types(c) · p_{n−1}(w | c')) / (total(c) + types(c)), down to 1 / vocabulary. */
function meanNll(follows: Map<number, Follow>, order: number): number {
  let sum = 0;
  let count = 0;
  forEachTarget(firstTokens, (at, start) => {
    let p = 1 / vocab_size;
    for (let n = 1; n <= Math.min(order, at - start + 1); n++) {
      const follow = follows.get(hash(firstTokens, at - n + 1, at));
      if (!follow?.total) break;
      const seen = follow.tokens.get(firstTokens[at]) ?? 0;
      p = (seen + follow.tokens.size * p) / (follow.total + follow.tokens.size);
    }
    sum -= Math.log(p);
    count++;
  });
  return sum / count;
}

/** Calls `visit` with every context of every token but BOS, the shortest first, and the token's place. */
function forEachContext(ids: Uint16Array, visit: (context: number, at: number) => void): void {
  forEachTarget(ids, (at, start) => {
    for (let n = 1; n <= Math.min(LONGEST, at - start + 1); n++) visit(hash(ids, at - n + 1, at), at);
  });
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

/** Hashes the tokens [from, to) and their number, by two 26-bit products. */
function hash(ids: Uint16Array, from: number, to: number): number {
  let [low, high] = [to - from + 1, to - from + 78];
  for (let at = from; at < to; at++) {
    low = (Math.imul(low ^ ids[at], 0x9e3779b1) >>> 0) ^ (low >>> 13);
    high = (Math.imul(high + ids[at], 0x85ebca77) >>> 0) ^ (high >>> 15);
  }
  return ((low >>> 6) * 2 ** 26 + (high >>> 6) + (to - from)) % HASH_RANGE;
}

const follows = countFollows();
console.log(
  JSON.stringify({
    bigram: meanNll(follows, 2),
    fivegram: meanNll(follows, LONGEST),
    train_tokens: train.length,
  }),
);
