import type { FileHandle } from 'node:fs/promises';
import { FacetError, quote } from '@facet/errors';
import { type FileProblem, openBelow, parseFileUri } from '@facet/mesh';
import { firstInvalidByte, wholeCharacters } from './utf8.ts';

/** One read; small enough that tokenizing a piece does not keep the model waiting for long. */
const PIECE_BYTES = 64 * 1024;
const BYTE_ORDER_MARK = '\uFEFF';

/** A piece of a corpus: its bytes and their text. */
export interface TextPiece {
  text: string;
  bytes: Uint8Array;
}

/** A corpus that is open for reading. */
export interface OpenCorpus {
  file: FileHandle;
  /** Names the corpus in errors, as the caller did. */
  shown: string;
}

/**
 * Streams the text of a corpus in pieces that depend on nothing but its bytes; `invalid` names the first bad
 * byte.
 */
export async function* readTextPieces(
  { file, shown }: OpenCorpus,
  signal: AbortSignal,
): AsyncGenerator<TextPiece> {
  let offset = 0;
  let rest: Uint8Array = new Uint8Array(0);
  for (;;) {
    signal.throwIfAborted();
    const { bytes, ended } = await readPiece(file, offset + rest.byteLength);
    const joined = rest.byteLength === 0 ? bytes : Buffer.concat([rest, bytes]);
    const whole = ended ? joined.byteLength : wholeCharacters(joined);
    const piece = joined.subarray(0, whole);
    requireUtf8(piece, offset, shown);
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('utf8');
    if (whole > 0)
      yield { bytes: piece, text: offset === 0 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text };
    if (ended) return;
    offset += whole;
    rest = joined.subarray(whole);
  }
}

/**
 * Opens the file of a corpus: `uri` is an absolute path or a file:// URL of a regular file below one of `roots`, links
 * resolved. Without a root no file is read.
 */
export async function openCorpus(uri: string, roots: readonly string[]): Promise<OpenCorpus> {
  const shown = quote(uri);
  const opened = await openBelow(corpusPath(uri), roots);
  if (opened.file === undefined) throw refusal(shown, opened, roots);
  return { file: opened.file, shown };
}

function refusal(
  shown: string,
  { problem, cause }: { problem: FileProblem; cause?: unknown },
  roots: readonly string[],
): FacetError {
  switch (problem) {
    case 'absent':
      return new FacetError('not-found', `the corpus ${shown} does not exist where the capture workers run`, {
        cause,
        reason: 'CORPUS_NOT_FOUND',
        field: 'spec.corpus.uri',
      });
    case 'outside':
      return corpusError(
        `the corpus ${shown} ${roots.length === 0 ? NO_ROOT : OUTSIDE}`,
        'CORPUS_OUTSIDE_ROOT',
      );
    case 'irregular':
      return corpusError(`the corpus ${shown} is not a regular file`, 'CORPUS_UNREADABLE');
    case 'unreadable':
      return unreadable(shown, (cause as NodeJS.ErrnoException).code, cause);
  }
}

const REMEDY = 'the operator names them with FACET_CORPUS_ROOT, or with `facet up --corpora`';
const OUTSIDE = `lies outside the folders of corpora of this service; ${REMEDY}`;
const NO_ROOT = `is not read: this service has no folders of corpora; ${REMEDY}`;

/** Turns a corpus URI into an absolute path. */
export function corpusPath(uri: string): string {
  return parseFileUri(uri, { field: 'spec.corpus.uri', reason: 'CORPUS_URI_INVALID' });
}

async function readPiece(file: FileHandle, position: number): Promise<{ bytes: Uint8Array; ended: boolean }> {
  const buffer = new Uint8Array(PIECE_BYTES);
  let filled = 0;
  // A short read is continued, so that pieces end at the same places in every run.
  while (filled < PIECE_BYTES) {
    const { bytesRead } = await file.read(buffer, filled, PIECE_BYTES - filled, position + filled);
    if (bytesRead === 0) return { bytes: buffer.subarray(0, filled), ended: true };
    filled += bytesRead;
  }
  return { bytes: buffer, ended: false };
}

function requireUtf8(bytes: Uint8Array, offset: number, shown: string): void {
  const bad = firstInvalidByte(bytes);
  if (bad === undefined) return;
  const value = bytes[bad]!.toString(16).padStart(2, '0').toUpperCase();
  throw corpusError(
    `the corpus ${shown} is not UTF-8: byte ${offset + bad} is 0x${value}; convert it first`,
    'CORPUS_NOT_UTF8',
  );
}

function unreadable(shown: string, code: string | undefined, cause: unknown): FacetError {
  return new FacetError('invalid', `the corpus ${shown} cannot be read (${code})`, {
    cause,
    reason: 'CORPUS_UNREADABLE',
    field: 'spec.corpus.uri',
  });
}

/** An error about the corpus of a set. */
export function corpusError(message: string, reason: string): FacetError {
  return new FacetError('invalid', message, { reason, field: 'spec.corpus.uri' });
}
