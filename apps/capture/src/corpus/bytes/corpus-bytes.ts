import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { corpusError, type OpenCorpus } from './corpus-file.ts';
import { unpackZstd } from './zstd.ts';
import { ZstdError } from './zstd-thread.ts';

/** How the bytes of a file are packed. */
export type Compression = 'none' | 'gzip' | 'zstd';

/** One piece; small enough that tokenizing it does not keep the model waiting for long. */
export const PIECE_BYTES = 64 * 1024;

/** Streams the unpacked bytes of a corpus in pieces of exactly `PIECE_BYTES`, only the last shorter; the same in every run. */
export async function* readBytes(
  corpus: OpenCorpus,
  compression: Compression,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (compression === 'none') yield* rawPieces(corpus.file, signal);
  else yield* evenPieces(unpacked(corpus, compression, signal), signal);
}

async function* rawPieces(file: FileHandle, signal: AbortSignal, start = 0): AsyncGenerator<Uint8Array> {
  for (let position = start; ; position += PIECE_BYTES) {
    signal.throwIfAborted();
    const piece = new Uint8Array(PIECE_BYTES);
    let filled = 0;
    // A short read is continued, so that pieces end at the same places in every run.
    while (filled < PIECE_BYTES) {
      const { bytesRead } = await file.read(piece, filled, PIECE_BYTES - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    if (filled > 0) yield piece.subarray(0, filled);
    if (filled < PIECE_BYTES) return;
  }
}

async function* unpacked(
  { file, shown }: OpenCorpus,
  compression: 'gzip' | 'zstd',
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* compression === 'gzip' ? gunzipped(file, signal) : unpackZstd(rawPieces(file, signal));
  } catch (cause) {
    signal.throwIfAborted();
    const { code, message } = cause as { code?: unknown; message: string };
    const isOurs =
      cause instanceof ZstdError || cause instanceof TrailingError || String(code).startsWith('Z_');
    if (!isOurs) throw cause;
    throw corpusError(
      `the corpus ${shown} is damaged ${compression} (${message}); copy it again`,
      'CORPUS_DAMAGED',
      cause,
    );
  }
}

async function* gunzipped(file: FileHandle, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  const source = Readable.from(rawPieces(file, signal));
  // Its error is the one that reading throws.
  const fed = pipeline(source, gunzip).catch(() => undefined);
  try {
    for await (const chunk of gunzip) yield chunk as Uint8Array;
    await requirePadding(file, signal, gunzip.bytesWritten);
  } finally {
    gunzip.destroy();
    await fed;
  }
}

/** Bytes that follow the last member of gzip and are no padding. */
class TrailingError extends Error {}

/** zlib stops at the first zero behind a member; data behind it would be left out without a word. */
async function requirePadding(file: FileHandle, signal: AbortSignal, end: number): Promise<void> {
  for await (const piece of rawPieces(file, signal, end))
    if (piece.some((byte) => byte !== 0)) throw new TrailingError('something follows the zeros behind it');
}

async function* evenPieces(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  for await (const chunk of chunks)
    for (let start = 0; start < chunk.byteLength; ) {
      const part = chunk.subarray(start, start + PIECE_BYTES - filled);
      piece.set(part, filled);
      filled += part.byteLength;
      start += part.byteLength;
      if (filled < PIECE_BYTES) continue;
      signal.throwIfAborted();
      yield piece;
      piece = new Uint8Array(PIECE_BYTES);
      filled = 0;
    }
  if (filled > 0) yield piece.subarray(0, filled);
}
