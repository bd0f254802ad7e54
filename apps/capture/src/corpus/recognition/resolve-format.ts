import { quote } from '@facet/errors';
import type { AutoCorpus, CorpusSpec, ResolvedCorpus } from '../../sets/set-record.ts';
import { ambiguous, corpusError, type OpenCorpus } from '../bytes/corpus-file.ts';
import { jsonFormat } from './json-format.ts';
import { tableFormat } from './table-format.ts';
import { type Head, type TableShape, tableShape } from './table-shape.ts';

/** What the bytes of a corpus are. */
export type Content = { kind: 'parquet' } | { kind: 'text'; head: Head };

export const DEFAULT_SEPARATOR = '<|endoftext|>';
export const DEFAULT_TEXT_FIELD = 'text';

/** What the ending of a name says; other endings say nothing. */
const NAMED: Readonly<Record<string, readonly ResolvedCorpus['format'][]>> = {
  jsonl: ['JSONL'],
  ndjson: ['JSONL'],
  json: ['JSON', 'JSONL'],
  csv: ['DELIMITED'],
  tsv: ['DELIMITED'],
  tab: ['DELIMITED'],
  parquet: ['PARQUET'],
};

/**
 * Decides how the documents of a corpus are found: as the caller says, or by the content, of which name and hints must not
 * say another thing.
 */
export function resolveFormat(
  { name, shown }: OpenCorpus,
  requested: CorpusSpec,
  content: Content,
): ResolvedCorpus {
  const ending = endingOf(name);
  if (requested.format !== 'AUTO') return asStated(requested, content, { ending, shown });
  const found =
    content.kind === 'parquet'
      ? ('PARQUET' as const)
      : contentFormat(content.head, requested, { ending, shown });
  const format = typeof found === 'string' ? found : 'DELIMITED';
  const named = Object.hasOwn(NAMED, ending) ? NAMED[ending] : undefined;
  if (named && !named.includes(format)) {
    if (isEmpty(content)) throw corpusError(`the corpus ${shown} holds no text`, 'CORPUS_EMPTY');
    throw ambiguous(
      shown,
      `is named ${quote(`.${ending}`)} but holds ${FORMAT_WORDS[format]}`,
      `say which it is (${optionOf(format)} or ${named.map(optionOf).join(' or ')})`,
    );
  }
  requireHints(requested, format, shown);
  return withFields(requested, found);
}

function isEmpty(content: Content): boolean {
  return content.kind === 'text' && content.head.complete && content.head.text.trim() === '';
}

/** Words for the formats, in descriptions and errors. */
export const FORMAT_WORDS: Readonly<Record<ResolvedCorpus['format'], string>> = {
  TEXT: 'plain text',
  JSONL: 'JSON lines',
  JSON: 'a JSON array',
  DELIMITED: 'a table',
  PARQUET: 'Parquet',
};

const OPTIONS: Readonly<Record<ResolvedCorpus['format'], string>> = {
  TEXT: 'text',
  JSONL: 'jsonl',
  JSON: 'json',
  DELIMITED: 'csv',
  PARQUET: 'parquet',
};

function optionOf(format: ResolvedCorpus['format']): string {
  return `--format ${OPTIONS[format]}`;
}

interface Named {
  ending: string;
  shown: string;
}

function endingOf(name: string): string {
  const bare = name.replace(/\.(gz|gzip|zst|zstd)$/i, '');
  return /\.([a-z]+)$/i.exec(bare)?.[1]?.toLowerCase() ?? '';
}

/** A stated format; a delimiter that is not stated is found. */
function asStated(requested: ResolvedCorpus, content: Content, { ending, shown }: Named): ResolvedCorpus {
  const isParquet = content.kind === 'parquet';
  if (isParquet !== (requested.format === 'PARQUET'))
    throw corpusError(
      `the corpus ${shown} is ${isParquet ? '' : 'not '}Parquet, but ${FORMAT_WORDS[requested.format]} is asked for; ` +
        'leave --format out to recognise it',
      'CORPUS_AMBIGUOUS',
    );
  if (requested.format !== 'DELIMITED' || requested.delimiter !== '' || content.kind === 'parquet')
    return requested;
  if (ending === 'tsv' || ending === 'tab') return { ...requested, delimiter: '\t' };
  const shape = tableShape(content.head, { unquoted: requested.unquoted });
  return { ...requested, delimiter: shape?.dialect.delimiter ?? ',' };
}

type Found = 'TEXT' | 'JSONL' | 'JSON' | 'PARQUET' | TableShape['dialect'];

function contentFormat(
  head: Head,
  { textField = DEFAULT_TEXT_FIELD }: AutoCorpus,
  { ending, shown }: Named,
): Found {
  const isNamedJson = NAMED_JSON.test(ending);
  const json = jsonFormat(head, { isNamedJson, shown });
  if (json !== undefined) return json;
  if (isNamedJson && head.text.trim() !== '')
    throw ambiguous(
      shown,
      `is named ".${ending}" but does not begin with JSON`,
      'correct it, or say --format text',
    );
  return tableFormat(head, { textField, ending, shown }) ?? 'TEXT';
}

const NAMED_JSON = /^(jsonl?|ndjson)$/;

function requireHints(
  { documentSeparator, textField }: AutoCorpus,
  format: ResolvedCorpus['format'],
  shown: string,
): void {
  const isText = format === 'TEXT';
  if (!isText && documentSeparator !== undefined)
    throw ambiguous(
      shown,
      `holds ${FORMAT_WORDS[format]}, which has no separator`,
      `leave --separator out, or say --format text`,
    );
  if (isText && textField !== undefined)
    throw ambiguous(
      shown,
      'holds plain text, which has no fields',
      'leave --text-field out, or say its format (--format)',
    );
}

function withFields(
  { uri, documentSeparator, textField = DEFAULT_TEXT_FIELD }: AutoCorpus,
  found: Found,
): ResolvedCorpus {
  if (found === 'TEXT')
    return { uri, format: 'TEXT', documentSeparator: documentSeparator ?? DEFAULT_SEPARATOR };
  if (typeof found === 'string') return { uri, format: found, textField };
  return { uri, format: 'DELIMITED', textField, ...found };
}
