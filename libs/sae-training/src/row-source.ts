import { createRandom, shuffle } from '@facet/random';

/**
 * Where rows come from; chunks are [n, d_in] for any n, and must not be reused by the source before the next
 * is asked for.
 */
export interface RowSource {
  d_in: number;
  /** Rows of one epoch, held-out rows not among them. */
  rows: number;
  /** One pass over the training rows in an order that `seed` and `epoch` decide. */
  epoch(seed: bigint, epoch: number): AsyncIterable<Float32Array>;
  /** The held-out rows, in a fixed order. */
  heldOut(): AsyncIterable<Float32Array>;
}

/** Rows of one chunk of an in-memory source. */
const CHUNK_ROWS = 1024;

/** Serves rows [·, d_in] held in memory, every epoch shuffled whole; `heldOut` is served as it is. */
export function createMemorySource(d_in: number, train: Float32Array, heldOut: Float32Array): RowSource {
  const rows = train.length / d_in;
  return {
    d_in,
    rows,
    async *epoch(seed, epoch) {
      const order = shuffle(
        Uint32Array.from({ length: rows }, (_, r) => r),
        createRandom(seed, epoch + 1),
      );
      for (let first = 0; first < rows; first += CHUNK_ROWS) {
        yield gather(train, order.subarray(first, first + CHUNK_ROWS), d_in);
      }
    },
    async *heldOut() {
      if (heldOut.length > 0) yield heldOut;
    },
  };
}

function gather(rows: Float32Array, order: Uint32Array, d_in: number): Float32Array {
  const chunk = new Float32Array(order.length * d_in);
  for (let i = 0; i < order.length; i++) {
    chunk.set(rows.subarray(order[i] * d_in, (order[i] + 1) * d_in), i * d_in);
  }
  return chunk;
}
