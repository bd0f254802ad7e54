/** A pair of neighbouring tokens and how often it was seen when it was put into the queue. */
export interface PairEntry {
  readonly left: number;
  readonly right: number;
  readonly count: number;
}

export interface PairQueue {
  push(entry: PairEntry): void;
  /** Removes and returns the most frequent pair; of equally frequent ones the first by its tokens' text. */
  pop(): PairEntry | undefined;
}

/** Makes a binary heap of pairs; `tokens` gives the text of each id and may grow. */
export function createPairQueue(tokens: readonly string[]): PairQueue {
  const heap: PairEntry[] = [];
  const isBefore = (a: PairEntry, b: PairEntry): boolean =>
    a.count !== b.count ? a.count > b.count : compareTexts(a, b, tokens) < 0;
  return {
    push(entry) {
      let hole = heap.length;
      while (hole > 0) {
        const parent = (hole - 1) >> 1;
        if (!isBefore(entry, heap[parent]!)) break;
        heap[hole] = heap[parent]!;
        hole = parent;
      }
      heap[hole] = entry;
    },
    pop() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first;
      let hole = 0;
      for (let child = 1; child < heap.length; child = 2 * hole + 1) {
        if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
        if (!isBefore(heap[child]!, last)) break;
        heap[hole] = heap[child]!;
        hole = child;
      }
      heap[hole] = last;
      return first;
    },
  };
}

/** Compares by code units, which does not depend on the locale. */
function compareTexts(a: PairEntry, b: PairEntry, tokens: readonly string[]): number {
  return compare(tokens[a.left]!, tokens[b.left]!) || compare(tokens[a.right]!, tokens[b.right]!);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
