import { quote } from '@facet/errors';
import type { CorpusSpec, ResolvedCorpus } from '../../sets/set-record.ts';
import { type Compression, readBytes } from '../bytes/corpus-bytes.ts';
import { corpusError, type OpenCorpus } from '../bytes/corpus-file.ts';
import { decodeText, type Encoding } from '../bytes/corpus-text.ts';
import { resolveFormat } from './resolve-format.ts';
import { compressionOf, encodingOf, isParquet, unreadableKind } from './signatures.ts';
import type { Head } from './table-shape.ts';

/** Unpacked bytes that are looked at. */
const HEAD_BYTES = 256 * 1024;

/** What a corpus is. */
export interface Recognised {
  compression: Compression;
  encoding: Encoding;
  /** How its documents are found. */
  format: ResolvedCorpus;
}

/**
 * Tells what a corpus is: how it is packed and encoded by its bytes, and, where the caller did not say, its format by its
 * content. Ambiguity is refused (`invalid`) with the option that decides; so is a name that says another format.
 */
export async function recogniseCorpus(
  corpus: OpenCorpus,
  requested: CorpusSpec,
  signal: AbortSignal,
): Promise<Recognised> {
  const { shown } = corpus;
  const packed = await headBytes(corpus, 'none', signal);
  const compression = compressionOf(packed.bytes);
  requirePackedAsNamed(corpus, compression);
  const head = compression === 'none' ? packed : await headBytes(corpus, compression, signal);
  if (compressionOf(head.bytes) !== 'none')
    throw corpusError(`the corpus ${shown} is packed twice; unpack it once`, 'CORPUS_DAMAGED');
  if (isParquet(head.bytes)) {
    if (compression !== 'none')
      throw corpusError(
        `the corpus ${shown} is Parquet packed with ${compression}; unpack it`,
        'CORPUS_DAMAGED',
      );
    const format = resolveFormat(corpus, requested, { kind: 'parquet' });
    return { compression, encoding: 'UTF-8', format };
  }
  const kind = unreadableKind(head.bytes);
  if (kind !== undefined)
    throw corpusError(
      `the corpus ${shown} is ${kind}, which is not read; convert it to UTF-8 text, JSON lines, CSV or Parquet`,
      'CORPUS_KIND_UNSUPPORTED',
    );
  const encoding = encodingOf(head.bytes);
  const text = await headText(head, { shown, encoding });
  return { compression, encoding, format: resolveFormat(corpus, requested, { kind: 'text', head: text }) };
}

/** The first unpacked bytes of a corpus, and whether they are all. */
async function headBytes(
  corpus: OpenCorpus,
  compression: Compression,
  signal: AbortSignal,
): Promise<{ bytes: Uint8Array; complete: boolean }> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of readBytes(corpus, compression, signal)) {
    if (length >= HEAD_BYTES) return { bytes: Buffer.concat(pieces), complete: false };
    pieces.push(piece);
    length += piece.byteLength;
  }
  return { bytes: Buffer.concat(pieces), complete: true };
}

/** The text of the head, without a character that its end cuts. */
async function headText(
  { bytes, complete }: { bytes: Uint8Array; complete: boolean },
  source: { shown: string; encoding: Encoding },
): Promise<Head> {
  let text = '';
  for await (const piece of decodeText([bytes], source)) {
    text += piece.text;
    // A second piece is what the end of the head cuts off.
    if (!complete) break;
  }
  return { text, complete };
}

const PACKED_NAMES: Readonly<Record<string, Compression>> = {
  gz: 'gzip',
  gzip: 'gzip',
  zst: 'zstd',
  zstd: 'zstd',
};

function requirePackedAsNamed({ name, shown }: OpenCorpus, compression: Compression): void {
  const ending = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const named = Object.hasOwn(PACKED_NAMES, ending) ? PACKED_NAMES[ending] : undefined;
  if (named === undefined || named === compression) return;
  throw corpusError(
    `the corpus ${shown} is named ${quote(`.${ending}`)} but is ${compression === 'none' ? 'not packed' : compression}; ` +
      'name it as it is',
    'CORPUS_AMBIGUOUS',
  );
}
