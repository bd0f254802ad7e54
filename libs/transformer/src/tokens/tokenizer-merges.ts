/** What a BPE vocabulary needs for merging: ids of tokens, and pairs in the order of their rank. */
export interface MergeTable {
  vocab: ReadonlyMap<string, number>;
  merges: readonly (readonly [string, string])[];
}

/**
 * Splits a text into tokens: characters, of which the pair of lowest rank is merged, leftmost first, until
 * none is left.
 */
export type Merger = (text: string) => string[];

/** No token: a character outside the vocabulary, or a place that was merged away. Nothing merges with it. */
const NONE = -1;
/** Heap entries are rank · 2^26 + place, exact in a double: ordered by rank, then from left to right. */
const PLACES = 2 ** 26;

/**
 * Prepares the merges of `table`. With integer ids, one hash table of pairs and a heap of numbers it does
 * what
 * `@huggingface/tokenizers` does with strings, several times faster; undefined where a merge is not in the
 * vocabulary.
 */
export function createMerger(table: MergeTable): Merger | undefined {
  const pairs = createPairs(table);
  if (!pairs) return undefined;
  const chain = createChain(table.vocab);
  const heap = createHeap();
  const rankAt = (place: number) => {
    const next = chain.next(place);
    return next === NONE ? NONE : pairs.rank(chain.id(place), chain.id(next));
  };
  const offer = (place: number) => {
    const rank = rankAt(place);
    if (rank !== NONE) heap.push(rank * PLACES + place);
  };
  return (text) => {
    const count = chain.lay(text);
    for (let place = 0; place < count; place++) offer(place);
    for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) {
      const rank = Math.floor(entry / PLACES);
      const place = entry - rank * PLACES;
      // An entry is stale when one of its two tokens was merged since.
      if (rankAt(place) !== rank) continue;
      const before = chain.merge(place, pairs.merged(rank));
      if (before !== NONE) offer(before);
      offer(place);
    }
    return count === 0 ? [] : chain.tokens(text);
  };
}

/** The tokens of one text as a linked list of places. */
interface Chain {
  /** Starts over with the characters of `text`; returns how many there are. */
  lay(text: string): number;
  id(place: number): number;
  /** The place to the right, or NONE. */
  next(place: number): number;
  /**
   * Makes one token `id` of the tokens at `place` and to its right; returns the place to the left, or NONE.
   */
  merge(place: number, id: number): number;
  /** The tokens that are left; characters outside the vocabulary stand for themselves. */
  tokens(text: string): string[];
}

function createChain(vocab: ReadonlyMap<string, number>): Chain {
  const texts: string[] = [];
  for (const [token, id] of vocab) texts[id] = token;
  let [ids, nexts, previous, starts] = createPlaces(1024);
  return {
    id: (place) => ids[place]!,
    next: (place) => nexts[place]!,
    lay(text) {
      if (text.length > ids.length) [ids, nexts, previous, starts] = createPlaces(2 * text.length);
      let count = 0;
      for (let start = 0; start < text.length; count++) {
        const end = start + (text.codePointAt(start)! > 0xffff ? 2 : 1);
        ids[count] = vocab.get(text.slice(start, end)) ?? NONE;
        starts[count] = start;
        previous[count] = count - 1;
        nexts[count] = count + 1;
        start = end;
      }
      if (count > 0) nexts[count - 1] = NONE;
      return count;
    },
    merge(place, id) {
      const gone = nexts[place]!;
      ids[place] = id;
      ids[gone] = NONE;
      nexts[place] = nexts[gone]!;
      if (nexts[place] !== NONE) previous[nexts[place]!] = place;
      return previous[place]!;
    },
    tokens(text) {
      const tokens: string[] = [];
      for (let place = 0; place !== NONE; place = nexts[place]!) {
        const end = nexts[place] === NONE ? text.length : starts[nexts[place]!]!;
        tokens.push(ids[place] === NONE ? text.slice(starts[place]!, end) : texts[ids[place]!]!);
      }
      return tokens;
    },
  };
}

function createPlaces(length: number): [Int32Array, Int32Array, Int32Array, Int32Array] {
  return [new Int32Array(length), new Int32Array(length), new Int32Array(length), new Int32Array(length)];
}

interface Pairs {
  /** The rank of two neighbours, or NONE. */
  rank(left: number, right: number): number;
  /** The token that a merge of this rank makes. */
  merged(rank: number): number;
}

/** Keeps ranks in an open hash table over the two ids. */
function createPairs({ vocab, merges }: MergeTable): Pairs | undefined {
  const bits = Math.ceil(Math.log2(2 * merges.length + 2));
  const mask = 2 ** bits - 1;
  const lefts = new Int32Array(mask + 1).fill(NONE);
  const rights = new Int32Array(mask + 1);
  const ranks = new Int32Array(mask + 1);
  const mergedIds = new Int32Array(merges.length);
  const slotOf = (left: number, right: number) => {
    let slot = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> (32 - bits);
    while (lefts[slot] !== NONE && (lefts[slot] !== left || rights[slot] !== right)) slot = (slot + 1) & mask;
    return slot;
  };
  for (const [rank, [first, second]] of merges.entries()) {
    const [left, right, merged] = [vocab.get(first), vocab.get(second), vocab.get(first + second)];
    if (left === undefined || right === undefined || merged === undefined) return undefined;
    const slot = slotOf(left, right);
    lefts[slot] = left;
    rights[slot] = right;
    ranks[slot] = rank;
    mergedIds[rank] = merged;
  }
  return {
    rank: (left, right) => {
      if (left === NONE || right === NONE) return NONE;
      const slot = slotOf(left, right);
      return lefts[slot] === NONE ? NONE : ranks[slot]!;
    },
    merged: (rank) => mergedIds[rank]!,
  };
}

interface Heap {
  push(value: number): void;
  /** Removes and returns the smallest value. */
  pop(): number | undefined;
}

function createHeap(): Heap {
  let values = new Float64Array(1024);
  let size = 0;
  return {
    push(value) {
      if (size === values.length) {
        const larger = new Float64Array(2 * size);
        larger.set(values);
        values = larger;
      }
      let hole = size++;
      while (hole > 0) {
        const parent = (hole - 1) >> 1;
        if (values[parent]! <= value) break;
        values[hole] = values[parent]!;
        hole = parent;
      }
      values[hole] = value;
    },
    pop() {
      if (size === 0) return undefined;
      const smallest = values[0]!;
      const last = values[--size]!;
      let hole = 0;
      for (let child = 1; child < size; child = 2 * hole + 1) {
        if (child + 1 < size && values[child + 1]! < values[child]!) child++;
        if (values[child]! >= last) break;
        values[hole] = values[child]!;
        hole = child;
      }
      values[hole] = last;
      return smallest;
    },
  };
}
