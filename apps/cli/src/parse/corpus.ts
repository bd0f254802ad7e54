import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Corpus } from '@facet/contracts';
import { FacetError, quote } from '@facet/errors';
import type { Command } from 'commander';

export interface CorpusOptions {
  /** Path of the file. */
  corpus: string;
  /** `text`, `jsonl`, `json`, `csv`, `tsv` or `parquet`. @default told from the content, by the service */
  format?: string;
  /** Text between two documents of a plain text; `\n`, `\r` and `\t` are understood. @default `<|endoftext|>` */
  separator?: string;
  /** Field or column that holds the text. @default text */
  textField?: string;
  /** False where quotation marks of a table are ordinary characters. @default true */
  quotes?: boolean;
}

/** Adds the options of a corpus to a command. */
export function addCorpusOptions(command: Command): Command {
  return command
    .requiredOption(
      '--corpus <file>',
      'text, JSON lines, JSON array, CSV, TSV or Parquet; gzip and zstd are unpacked',
    )
    .option('--format <name>', 'text, jsonl, json, csv, tsv or parquet (default: told from the content)')
    .option('--separator <text>', 'text between documents (default: <|endoftext|>); \\n is understood')
    .option('--text-field <name>', 'field or column that holds the text (default: text)')
    .option('--no-quotes', 'quotation marks of a csv or tsv are ordinary characters');
}

/** What each format is in the contract, given the field that holds the text. */
const FIELD_FORMATS: Readonly<Record<string, (textField: string, unquoted: boolean) => Corpus['format']>> = {
  jsonl: (textField) => ({ $case: 'jsonLines', value: { textField } }),
  json: (textField) => ({ $case: 'jsonArray', value: { textField } }),
  csv: (textField, unquoted) => ({ $case: 'delimited', value: { textField, delimiter: '', unquoted } }),
  tsv: (textField, unquoted) => ({ $case: 'delimited', value: { textField, delimiter: '\t', unquoted } }),
  parquet: (textField) => ({ $case: 'parquet', value: { textField } }),
};

/** Makes the corpus of a capture; the file must be there, and the path is made absolute for the workers. */
export async function parseCorpus(options: CorpusOptions): Promise<Corpus> {
  const uri = await existingFile(options.corpus);
  const { format, separator, textField = '', quotes = true } = options;
  const documentSeparator = unescapeSeparator(separator ?? '');
  refuse(!quotes && format !== 'csv' && format !== 'tsv', '--no-quotes belongs to --format csv or tsv');
  if (format === undefined) {
    const both = separator !== undefined && options.textField !== undefined;
    refuse(both, '--separator belongs to plain text and --text-field to records; leave one out');
    return { uri, format: { $case: 'recognised', value: { documentSeparator, textField } } };
  }
  if (format === 'text') {
    refuse(options.textField !== undefined, '--text-field belongs to records, and --format is text');
    return { uri, format: { $case: 'plainText', value: { documentSeparator } } };
  }
  const make = Object.hasOwn(FIELD_FORMATS, format) ? FIELD_FORMATS[format] : undefined;
  if (make === undefined)
    throw new FacetError(
      'invalid',
      `--format ${quote(format)} is not known; write text, ${Object.keys(FIELD_FORMATS).join(', ')}, or leave it out`,
    );
  refuse(separator !== undefined, `--separator belongs to plain text, and --format is ${format}`);
  return { uri, format: make(textField, !quotes) };
}

async function existingFile(path: string): Promise<string> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isFile()) return absolute;
  const what = found === undefined ? 'does not exist' : 'is not a file';
  throw new FacetError('invalid', `the corpus ${path} ${what}; give --corpus the path of a file`);
}

function refuse(wrong: boolean, message: string): void {
  if (wrong) throw new FacetError('invalid', message);
}

/** Turns the two characters `\n` (as a shell passes them) into a line break, `\r` and `\t` likewise. */
function unescapeSeparator(text: string): string {
  return text.replaceAll('\\n', '\n').replaceAll('\\r', '\r').replaceAll('\\t', '\t');
}
