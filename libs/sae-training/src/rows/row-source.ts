import { createRandom, shuffle } from '@facet/random';

/**
 * Where rows come from; chunks are [n, d_in] for any n, and must not be reused by the source before the next
 * is asked for.
 */
export interface RowSource {
  d_in: number;
  /** Rows of one epoch, held-out rows not among them. */
  rows: number;
  /**
   * One pass over the training rows in an order that `seed` and `epoch` decide, beginning with its row `from`
   * without giving those before it. @default from 0
   */
  epoch(seed: bigint, epoch: number, from?: number): AsyncIterable<Float32Array>;
  /** The held-out rows, in a fixed order. */
  heldOut(): AsyncIterable<Float32Array>;
}

/** Rows of one chunk of an in-memory source. */
const CHUNK_ROWS = 1024;

/** Serves rows [·, d_in] held in memory, every epoch shuffled whole; `heldOut` is served as it is. */
export function createMemorySource(d_in: number, train: Float32Array, heldOut: Float32Array): RowSource {
  const trainRows = rowNumbers(train.length / d_in);
  const source = createPickedSource({ d_in, rows: train, train: trainRows, heldOut: new Uint32Array(0) });
  return {
    ...source,
    async *heldOut() {
      if (heldOut.length > 0) yield heldOut;
    },
  };
}

/** Rows in memory and which of them are for what. */
export interface PickedRows {
  d_in: number;
  /** [·, d_in] */
  rows: Float32Array;
  /** Numbers of the rows to train on. */
  train: Uint32Array;
  /** Numbers of the rows that are held out, in the order in which they are given. */
  heldOut: Uint32Array;
}

/** Serves picked rows of one array, every epoch shuffled whole. */
export function createPickedSource({ d_in, rows, train, heldOut }: PickedRows): RowSource {
  return {
    d_in,
    rows: train.length,
    epoch: (seed, epoch, from = 0) => {
      const order = shuffle(train.slice(), createRandom(seed, epoch + 1));
      return gathered(rows, order.subarray(from), d_in);
    },
    heldOut: () => gathered(rows, heldOut, d_in),
  };
}

function rowNumbers(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, r) => r);
}

async function* gathered(
  rows: Float32Array,
  order: Uint32Array,
  d_in: number,
): AsyncGenerator<Float32Array, void> {
  for (let first = 0; first < order.length; first += CHUNK_ROWS) {
    const numbers = order.subarray(first, first + CHUNK_ROWS);
    const chunk = new Float32Array(numbers.length * d_in);
    for (let i = 0; i < numbers.length; i++) {
      chunk.set(rows.subarray(numbers[i] * d_in, (numbers[i] + 1) * d_in), i * d_in);
    }
    yield chunk;
  }
}
