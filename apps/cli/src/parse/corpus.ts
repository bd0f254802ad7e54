import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Corpus } from '@facet/contracts';
import { FacetError } from '@facet/errors';

export interface CorpusOptions {
  /** Path of the text file. */
  corpus: string;
  /** `text` or `jsonl`. @default by the file's ending */
  format?: string;
  /** Text between two documents of a plain text; `\n` and `\t` are understood. @default `<|endoftext|>` */
  separator?: string;
  /** Field that holds the text of a JSON line. @default text */
  textField?: string;
}

const JSON_LINES = /\.(jsonl|ndjson)$/i;

/** Makes the corpus of a capture; the file must be there, and the path is made absolute for the workers. */
export async function parseCorpus(options: CorpusOptions): Promise<Corpus> {
  const path = await existingFile(options.corpus);
  const format = options.format ?? (JSON_LINES.test(path) ? 'jsonl' : 'text');
  if (format === 'jsonl') {
    refuse(
      options.separator !== undefined,
      '--separator belongs to plain text, and the corpus is JSON lines',
    );
    const jsonLines = { textField: options.textField ?? '' };
    return { uri: path, format: { $case: 'jsonLines', value: jsonLines } };
  }
  refuse(format !== 'text', `--format ${JSON.stringify(format)} is not known; write text or jsonl`);
  refuse(options.textField !== undefined, '--text-field belongs to JSON lines; add --format jsonl');
  const documentSeparator = unescapeSeparator(options.separator ?? '');
  return { uri: path, format: { $case: 'plainText', value: { documentSeparator } } };
}

async function existingFile(path: string): Promise<string> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (found?.isFile()) return absolute;
  const what = found === undefined ? 'does not exist' : 'is not a file';
  throw new FacetError('invalid', `the corpus ${path} ${what}; give --corpus the path of a UTF-8 text file`);
}

function refuse(wrong: boolean, message: string): void {
  if (wrong) throw new FacetError('invalid', message);
}

/** Turns the two characters `\n` (as a shell passes them) into a line break, and `\t` into a tab. */
function unescapeSeparator(text: string): string {
  return text.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
}
