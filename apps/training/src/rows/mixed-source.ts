import { createRandom, type Random, shuffle } from '@facet/random';
import type { RowSource } from '@facet/sae-training';
import { ROW, type RowIndex } from './row-index.ts';

export interface MixedSourceOptions {
  /** Rows that the mixing buffer holds. */
  bufferRows: number;
  signal: AbortSignal;
}

/** Rows of one piece of a shard at most: a piece is read in one go, and its rows come out of one buffer. */
export const PIECE_ROWS = 256;
/** A buffer mixes at least this many pieces, so smaller buffers have smaller pieces. */
const MIN_PIECES = 16;
/** Rows of one chunk that is given out. */
const CHUNK_ROWS = 1024;

/** Neighbouring rows of one shard. */
interface Piece {
  shard: number;
  first: number;
  count: number;
  /** Rows among them to train on. */
  trainRows: number;
}

/**
 * Mixes the rows of all shards in bounded memory. An epoch puts all pieces of all shards into a seeded order and cuts it
 * into fillings of the buffer; the rows of a filling are shuffled whole and given out. So rows of one piece come out of
 * one filling, together with those of pieces from anywhere. What comes out follows from (seed, epoch, position):
 * beginning in the middle reads the one filling that the position lies in, and nothing before it.
 */
export function createMixedSource(
  d_in: number,
  index: RowIndex,
  { bufferRows, signal }: MixedSourceOptions,
): RowSource {
  const pieces = piecesOf(index, Math.max(1, Math.min(PIECE_ROWS, Math.floor(bufferRows / MIN_PIECES))));
  const read = (kind: number, piece: Piece) => readRows(index, { d_in, kind, signal }, piece);
  return {
    d_in,
    rows: index.trainRows,
    async *epoch(seed, epoch, from = 0) {
      // Streams of one epoch: 2^20 fillings at most, each with a stream of its own.
      const streamOf = (filling: number) => (epoch + 1) * MAX_FILLINGS + filling;
      const order = shuffledPieces(pieces, createRandom(seed, streamOf(0)));
      for (const { pieces, first, rows, number } of fillingsOf(order, bufferRows)) {
        if (first + rows <= from) continue;
        const filling = new Float32Array(rows * d_in);
        let at = 0;
        for (const piece of pieces) {
          const part = await read(ROW.train, piece);
          filling.set(part, at);
          at += part.length;
        }
        shuffleRows(filling, d_in, createRandom(seed, streamOf(number)));
        yield* chunks(filling.subarray(Math.max(0, from - first) * d_in), d_in);
      }
    },
    async *heldOut() {
      for (const piece of pieces) {
        const rows = await read(ROW.heldOut, piece);
        if (rows.length > 0) yield rows;
      }
    },
  };
}

const MAX_FILLINGS = 2 ** 20;

function piecesOf({ shards }: RowIndex, pieceRows: number): Piece[] {
  return shards.flatMap(({ kinds }, shard) =>
    Array.from({ length: Math.ceil(kinds.length / pieceRows) }, (_, i) => {
      const piece = kinds.subarray(i * pieceRows, (i + 1) * pieceRows);
      const trainRows = piece.reduce((count, kind) => count + Number(kind === ROW.train), 0);
      return { shard, first: i * pieceRows, count: piece.length, trainRows };
    }),
  );
}

function shuffledPieces(pieces: readonly Piece[], random: Random): Piece[] {
  const order = shuffle(
    Uint32Array.from({ length: pieces.length }, (_, i) => i),
    random,
  );
  return Array.from(order, (i) => pieces[i]).filter(({ trainRows }) => trainRows > 0);
}

interface Filling {
  pieces: Piece[];
  /** Rows of the epoch before it. */
  first: number;
  rows: number;
  /** From 1. */
  number: number;
}

/** Cuts the pieces in order into groups whose rows fit the buffer. */
function* fillingsOf(pieces: readonly Piece[], bufferRows: number): Generator<Filling> {
  let filling: Filling = { pieces: [], first: 0, rows: 0, number: 1 };
  for (const piece of pieces) {
    if (filling.rows + piece.trainRows > bufferRows) {
      yield filling;
      const { first, rows, number } = filling;
      filling = { pieces: [], first: first + rows, rows: 0, number: number + 1 };
    }
    filling.pieces.push(piece);
    filling.rows += piece.trainRows;
  }
  if (filling.rows > 0) yield filling;
}

async function readRows(
  { shards }: RowIndex,
  { d_in, kind, signal }: { d_in: number; kind: number; signal: AbortSignal },
  { shard, first, count }: Piece,
): Promise<Float32Array> {
  const { set, shard: number, kinds } = shards[shard];
  const wanted = kinds.subarray(first, first + count);
  const rows = new Float32Array(wanted.reduce((n, k) => n + Number(k === kind), 0) * d_in);
  if (rows.length === 0) return rows;
  const { activations } = await set.readRows(number, first, count, signal);
  let at = 0;
  for (let row = 0; row < count; row++) {
    if (wanted[row] !== kind) continue;
    rows.set(activations.subarray(row * d_in, (row + 1) * d_in), at);
    at += d_in;
  }
  return rows;
}

function* chunks(rows: Float32Array, d_in: number): Generator<Float32Array> {
  for (let at = 0; at < rows.length; at += CHUNK_ROWS * d_in) yield rows.slice(at, at + CHUNK_ROWS * d_in);
}

/** Shuffles whole rows in place (Fisher–Yates). */
function shuffleRows(rows: Float32Array, d_in: number, random: Random): void {
  const spare = new Float32Array(d_in);
  for (let i = rows.length / d_in - 1; i > 0; i--) {
    const j = random.below(i + 1);
    spare.set(rows.subarray(i * d_in, (i + 1) * d_in));
    rows.copyWithin(i * d_in, j * d_in, (j + 1) * d_in);
    rows.set(spare, j * d_in);
  }
}
