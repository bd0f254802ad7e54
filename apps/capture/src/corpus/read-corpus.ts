import { quote } from '@facet/errors';
import type { ResolvedCorpus } from '../sets/set-record.ts';
import { readBytes } from './bytes/corpus-bytes.ts';
import type { OpenCorpus } from './bytes/corpus-file.ts';
import { countLines, decodeText } from './bytes/corpus-text.ts';
import { createDelimitedSplitter } from './delimited.ts';
import {
  createJsonLinesSplitter,
  createTextSplitter,
  type DocumentSplitter,
  type Section,
} from './documents.ts';
import { createJsonArraySplitter } from './json-array.ts';
import { readParquet } from './parquet.ts';
import type { Recognised } from './recognition/recognise.ts';

/** Sections that were read together, and the bytes that were read for them. */
export interface CorpusPiece {
  sections: Section[];
  /** Unpacked bytes, as they count for the hash of the corpus. */
  bytes: Uint8Array;
}

/** Streams the sections of a corpus; pieces depend on nothing but its bytes and its format. Memory stays bounded. */
export async function* readCorpus(
  corpus: OpenCorpus,
  { compression, encoding, format }: Recognised,
  signal: AbortSignal,
): AsyncGenerator<CorpusPiece> {
  const { shown } = corpus;
  const none = new Uint8Array(0);
  if (format.format === 'PARQUET') {
    // Its columns are read where they lie: the hash is that of the whole file.
    for await (const bytes of readBytes(corpus, 'none', signal)) yield { sections: [], bytes };
    for await (const sections of readParquet(corpus, format.textField, signal))
      yield { sections, bytes: none };
    return;
  }
  const splitter = createSplitter(format, shown);
  for await (const { text, bytes } of decodeText(readBytes(corpus, compression, signal), { shown, encoding }))
    yield { sections: splitter.push(text), bytes };
  yield { sections: await splitter.end(), bytes: none };
}

/** Creates the splitter of a format of text. */
export function createSplitter(
  format: Exclude<ResolvedCorpus, { format: 'PARQUET' }>,
  shown: string,
): DocumentSplitter {
  switch (format.format) {
    case 'TEXT':
      return createTextSplitter(format.documentSeparator);
    case 'JSONL':
      return createJsonLinesSplitter(format.textField, shown);
    case 'JSON':
      return createJsonArraySplitter(format.textField, shown);
    case 'DELIMITED':
      return createDelimitedSplitter(format, format.textField, shown);
  }
}

/** Says how a corpus was read: `JSON lines, field "text", 3 documents`. */
export function describeCorpus({ compression, encoding, format }: Recognised, documents: number): string {
  const parts = [formatWords(format)];
  if (compression !== 'none') parts.push(compression);
  if (encoding !== 'UTF-8') parts.push(encoding);
  parts.push(documents === 1 ? '1 document' : `${documents} documents`);
  return parts.join(', ');
}

function formatWords(format: ResolvedCorpus): string {
  switch (format.format) {
    case 'TEXT':
      return `plain text divided at ${quote(format.documentSeparator)}`;
    case 'JSONL':
      return `JSON lines, field ${format.textField}`;
    case 'JSON':
      return `JSON array, field ${format.textField}`;
    case 'DELIMITED':
      return `${tableWords(format.delimiter)}${format.unquoted ? ' without quotes' : ''}, column ${format.textField}`;
    case 'PARQUET':
      return `Parquet, column ${format.textField}`;
  }
}

function tableWords(delimiter: string): string {
  if (delimiter === '\t') return 'TSV';
  return delimiter === ',' ? 'CSV' : `CSV with ${quote(delimiter)}`;
}

/** Says where in the corpus a place of a section lies, given the text of the section before it. */
export function placeOf({ format }: ResolvedCorpus, { at }: Section, before: string): string {
  if (format === 'TEXT') return `line ${at + countLines(before)}`;
  if (format === 'JSON') return `element ${at}`;
  return `${format === 'PARQUET' ? 'row' : 'line'} ${at}`;
}
