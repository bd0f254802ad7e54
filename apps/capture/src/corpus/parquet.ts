import { cutText, FacetError, MAX_QUOTED_CHARS } from '@facet/errors';
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { corpusError, type OpenCorpus } from './bytes/corpus-file.ts';
import { requireColumn } from './delimited.ts';
import { type Section, sectionsOf } from './documents.ts';

/** A row group is read at once, its column of texts at least; larger ones are refused. */
const MAX_GROUP_BYTES = 512 * 1024 * 1024;
/** Characters of the sections that are given at once. */
const PIECE_CHARS = 65_536;

/** Reads the column `textField` of a Parquet file, a row group at a time; `invalid` names the row, or the columns with texts. */
export async function* readParquet(
  corpus: OpenCorpus,
  textField: string,
  signal: AbortSignal,
): AsyncGenerator<Section[]> {
  const { shown } = corpus;
  const file = await asyncBuffer(corpus);
  const metadata = await guarded(shown, () => parquetMetadataAsync(file));
  // What damaged metadata say may be anything, so whatever looks at them is guarded.
  const groups = await guarded(shown, async () => {
    requireColumn(textColumns(metadata), textField, shown);
    return [...metadata.row_groups];
  });
  let rowStart = 0;
  for (const group of groups) {
    signal.throwIfAborted();
    const rows = Number(group.num_rows);
    const found = await guarded(shown, () => {
      requireBounded(group, textField, shown);
      return parquetReadObjects({
        file,
        metadata,
        columns: [textField],
        rowStart,
        rowEnd: rowStart + rows,
        compressors,
        parsers: { stringFromBytes },
      });
    });
    yield* inPieces(
      found.map((row, i) => cell(row[textField], { row: rowStart + i + 1, textField, shown })),
      rowStart,
    );
    rowStart += rows;
  }
}

/** The names of the columns that hold texts. */
export function textColumns(metadata: FileMetaData): string[] {
  return parquetSchema(metadata)
    .children.filter(({ children, element }) => children.length === 0 && element.type === 'BYTE_ARRAY')
    .map(({ element }) => element.name);
}

async function asyncBuffer({ file }: OpenCorpus): Promise<AsyncBuffer> {
  const { size } = await file.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, Math.min(end, size) - start));
      for (let filled = 0; filled < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) throw new Error(`it ends at byte ${start + filled}`);
        filled += bytesRead;
      }
      return bytes.buffer;
    },
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function stringFromBytes(bytes: Uint8Array | undefined): string | undefined {
  return bytes && utf8.decode(bytes);
}

function requireBounded(group: FileMetaData['row_groups'][number], textField: string, shown: string): void {
  const column = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === textField);
  const bytes = Number(column?.meta_data?.total_uncompressed_size ?? 0);
  if (bytes <= MAX_GROUP_BYTES) return;
  throw corpusError(
    `the corpus ${shown} has a row group of ${bytes} bytes of text; the limit is ${MAX_GROUP_BYTES}: write smaller row groups`,
    'CORPUS_LINE_TOO_LONG',
  );
}

function cell(
  value: unknown,
  { row, textField, shown }: { row: number; textField: string; shown: string },
): string {
  if (typeof value === 'string') return value;
  throw corpusError(
    `row ${row} of the corpus ${shown} has no text in the column ${JSON.stringify(textField)}`,
    'CORPUS_LINE_INVALID',
  );
}

function* inPieces(texts: readonly string[], before: number): Generator<Section[]> {
  let piece: Section[] = [];
  let chars = 0;
  for (const [i, text] of texts.entries()) {
    piece.push(...sectionsOf(text, before + i + 1));
    chars += text.length;
    if (chars < PIECE_CHARS) continue;
    yield piece;
    piece = [];
    chars = 0;
  }
  if (piece.length > 0) yield piece;
}

/** Turns what the library throws into an error about the corpus. */
async function guarded<T>(shown: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    if (cause instanceof FacetError) throw cause;
    const problem = cutText(cause instanceof Error ? cause.message : String(cause), MAX_QUOTED_CHARS);
    throw corpusError(`the corpus ${shown} cannot be read as Parquet: ${problem}`, 'CORPUS_DAMAGED', cause);
  }
}
