import type { ActivationShard } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import { createRandom, shuffle } from '@facet/random';
import { createMemorySource, type RowSource } from '@facet/sae-training';
import type { TrainingSets } from './training-sets.ts';

export interface SetSourceOptions {
  /** Share of the documents that are held out. */
  heldOutFraction: number;
  /** Rows that the shuffle holds; 0: all of them. */
  bufferRows: number;
  signal: AbortSignal;
  /** Called after every shard of the first reading. */
  onRead?: (rows: number) => void;
}

/** The seed of the split: the same documents are held out in every run, so that SAEs can be compared. */
const SPLIT_SEED = 0n;
/** Rows of one chunk that the mixing buffer gives. */
const CHUNK_ROWS = 1024;

/**
 * Reads rows of activation sets for training, BOS and special rows left out, some documents held out. Where
 * all rows fit, they are read once and every epoch is shuffled whole. Else shards come in seeded order
 * through a mixing buffer of `bufferRows` rows, half of which is given out, in random order, whenever it is
 * full; memory is the buffer and one shard.
 */
export async function openSetSource(sets: TrainingSets, options: SetSourceOptions): Promise<RowSource> {
  const reader = createShardReader(sets, options);
  return options.bufferRows === 0 ? readAll(reader, options) : mix(reader, options);
}

interface ShardRows {
  train: Float32Array;
  heldOut: Float32Array;
}

interface ShardReader {
  d_in: number;
  rows: number;
  shards: number;
  read(shard: number): Promise<ShardRows>;
}

async function readAll(reader: ShardReader, { onRead }: SetSourceOptions): Promise<RowSource> {
  const { d_in } = reader;
  // Training rows grow from the front, held-out rows from the back: one allocation holds both.
  const all = new Float32Array(reader.rows * d_in);
  let front = 0;
  let back = all.length;
  for (let shard = 0; shard < reader.shards; shard++) {
    const { train, heldOut } = await reader.read(shard);
    if (front + train.length + heldOut.length > back) throw moreRows();
    all.set(train, front);
    front += train.length;
    back -= heldOut.length;
    all.set(heldOut, back);
    onRead?.((front + all.length - back) / d_in);
  }
  return createMemorySource(d_in, all.subarray(0, front), all.subarray(back));
}

async function mix(reader: ShardReader, { bufferRows, onRead }: SetSourceOptions): Promise<RowSource> {
  const { d_in, shards } = reader;
  let rows = 0;
  let read = 0;
  for (let shard = 0; shard < shards; shard++) {
    const { train, heldOut } = await reader.read(shard);
    rows += train.length / d_in;
    read += (train.length + heldOut.length) / d_in;
    onRead?.(read);
  }
  return {
    d_in,
    rows,
    epoch: (seed, epoch) => mixedEpoch(reader, { seed, epoch, bufferRows }),
    async *heldOut() {
      for (let shard = 0; shard < shards; shard++) {
        const { heldOut } = await reader.read(shard);
        if (heldOut.length > 0) yield heldOut;
      }
    },
  };
}

async function* mixedEpoch(
  reader: ShardReader,
  { seed, epoch, bufferRows }: { seed: bigint; epoch: number; bufferRows: number },
): AsyncGenerator<Float32Array> {
  const { d_in } = reader;
  const random = createRandom(seed, epoch + 1);
  const order = shuffle(indices(reader.shards), random);
  const buffer = new Float32Array(bufferRows * d_in);
  let filled = 0;
  for (const shard of order) {
    const { train } = await reader.read(shard);
    for (let at = 0; at < train.length; ) {
      const part = train.subarray(at, at + buffer.length - filled);
      buffer.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < buffer.length) break;
      shuffleRows(buffer, d_in, random);
      const keep = Math.floor(bufferRows / 2) * d_in;
      yield* chunks(buffer.subarray(keep), d_in);
      filled = keep;
    }
  }
  const rest = buffer.subarray(0, filled);
  shuffleRows(rest, d_in, random);
  yield* chunks(rest, d_in);
}

function* chunks(rows: Float32Array, d_in: number): Generator<Float32Array> {
  for (let at = 0; at < rows.length; at += CHUNK_ROWS * d_in) yield rows.slice(at, at + CHUNK_ROWS * d_in);
}

/** Shuffles whole rows in place (Fisher–Yates). */
function shuffleRows(rows: Float32Array, d_in: number, random: ReturnType<typeof createRandom>): void {
  const spare = new Float32Array(d_in);
  for (let i = rows.length / d_in - 1; i > 0; i--) {
    const j = random.below(i + 1);
    spare.set(rows.subarray(i * d_in, (i + 1) * d_in));
    rows.copyWithin(i * d_in, j * d_in, (j + 1) * d_in);
    rows.set(spare, j * d_in);
  }
}

/** Reads shards of all sets under one numbering and splits their rows by document. */
function createShardReader(
  training: TrainingSets,
  { heldOutFraction, signal }: SetSourceOptions,
): ShardReader {
  const shards = training.sets.flatMap((set, setIndex) =>
    set.manifest.body.shards.map((_, shard) => ({ set, setIndex, shard })),
  );
  const heldOut = training.sets.map(({ id, manifest }, setIndex) =>
    heldOutDocuments(id, manifest.body.documents, { fraction: heldOutFraction, stream: setIndex }),
  );
  return {
    d_in: training.d_in,
    rows: training.rows,
    shards: shards.length,
    async read(index) {
      const { set, setIndex, shard } = shards[index];
      return splitRows(await set.readShard(shard, { signal }), heldOut[setIndex]);
    },
  };
}

/**
 * Chooses the documents of one set that are held out: a fixed share of them, at least one where any share is
 * asked for.
 */
export function heldOutDocuments(
  id: string,
  documents: number,
  { fraction, stream }: { fraction: number; stream: number },
): ReadonlySet<number> {
  if (fraction === 0) return new Set();
  if (documents < 2) {
    const message =
      `activationSets/${id} has ${documents} document, so none can be held out; set held_out_fraction to 0 ` +
      'or capture text with a document separator';
    throw new FacetError('precondition', message, { reason: 'TOO_FEW_DOCUMENTS' });
  }
  const order = shuffle(indices(documents), createRandom(SPLIT_SEED, stream));
  return new Set(order.subarray(0, Math.max(1, Math.round(documents * fraction))));
}

function splitRows(shard: ActivationShard, heldOut: ReadonlySet<number>): ShardRows {
  const { rows, dIn, activations, special, documents } = shard;
  let heldOutRows = 0;
  let trainRows = 0;
  for (let r = 0; r < rows; r++) {
    if (special[r] !== 0) continue;
    if (heldOut.has(documents[r])) heldOutRows++;
    else trainRows++;
  }
  const split = { train: new Float32Array(trainRows * dIn), heldOut: new Float32Array(heldOutRows * dIn) };
  const at = { train: 0, heldOut: 0 };
  for (let r = 0; r < rows; r++) {
    if (special[r] !== 0) continue;
    const part = heldOut.has(documents[r]) ? 'heldOut' : 'train';
    split[part].set(activations.subarray(r * dIn, (r + 1) * dIn), at[part]);
    at[part] += dIn;
  }
  return split;
}

function indices(length: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => i);
}

function moreRows(): FacetError {
  return new FacetError(
    'data-loss',
    'the shards hold more rows than their manifest says; capture the set again',
  );
}
