import { quote } from '@facet/errors';
import { type Options, parse } from 'csv-parse';
import { corpusError } from './bytes/corpus-file.ts';
import { type DocumentSplitter, MAX_RECORD_CHARS, type Section, sectionsOf } from './documents.ts';

/** How the cells of a table are divided. */
export interface Dialect {
  delimiter: string;
  /** Whether quotation marks are ordinary characters. */
  unquoted: boolean;
}

/** What csv-parse is told: quoting as in RFC 4180, and every record as long as the header. */
export function csvOptions({ delimiter, unquoted }: Dialect): Options {
  return {
    delimiter,
    quote: unquoted ? null : '"',
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: false,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_CHARS,
  };
}

/** What a record is, with the line on which it ends. */
interface NumberedRecord {
  record: string[];
  info: { lines: number };
}

/**
 * Reads the column `textField` of a table whose first record names the columns; `invalid` names the line, or the columns that
 * there are.
 */
export function createDelimitedSplitter(
  dialect: Dialect,
  textField: string,
  shown: string,
): DocumentSplitter {
  const parser = parse({ ...csvOptions(dialect), info: true });
  let column = -1;
  let problem: Error | undefined;
  parser.on('error', (error) => {
    problem ??= error;
  });
  const ended = new Promise<void>((resolve) => {
    for (const event of ['end', 'error', 'close']) parser.once(event, () => resolve());
  });
  const read = ({ record, info }: NumberedRecord): Section[] => {
    if (column >= 0) return sectionsOf(record[column]!, info.lines);
    column = requireColumn(record, textField, shown);
    return [];
  };
  const take = (): Section[] => {
    const sections: Section[] = [];
    for (;;) {
      if (problem) throw damaged(problem, shown, dialect);
      const record = parser.read() as NumberedRecord | null;
      if (record === null) return sections;
      sections.push(...read(record));
    }
  };
  return {
    push(text) {
      // What was wrong with an earlier piece is told behind it.
      if (!problem) parser.write(text);
      return take();
    },
    async end() {
      if (!problem) parser.end();
      const sections: Section[] = [];
      parser.on('readable', () => {
        if (!problem) for (let r = parser.read(); r !== null; r = parser.read()) sections.push(...read(r));
      });
      await ended;
      if (problem) throw damaged(problem, shown, dialect);
      return sections;
    },
  };
}

/** Columns named in an error. */
const MAX_NAMED_COLUMNS = 12;

/** Finds a column by its name; `invalid` lists those that there are. */
export function requireColumn(columns: readonly string[], textField: string, shown: string): number {
  const [first, second] = [columns.indexOf(textField), columns.lastIndexOf(textField)];
  if (first >= 0 && first === second) return first;
  const listed = columns.slice(0, MAX_NAMED_COLUMNS).map(quote).join(', ');
  throw corpusError(
    first < 0
      ? `the corpus ${shown} has no column ${quote(textField)}; name one of its columns with text_field (--text-field): ${listed}`
      : `the corpus ${shown} has several columns ${quote(textField)}; rename all but one`,
    'CORPUS_FIELD_MISSING',
  );
}

/** The code of an error of csv-parse, whose two builds have a class each; undefined for any other error. */
export function csvErrorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^CSV_|_QUOTE$/.test(code) ? code : undefined;
}

function damaged(cause: Error, shown: string, { unquoted }: Dialect): Error {
  const code = csvErrorCode(cause);
  if (code === undefined) return cause;
  const isQuoting = code.includes('QUOTE');
  const remedy =
    isQuoting && !unquoted
      ? 'correct it, or say that its quotation marks are ordinary characters (unquoted, --no-quotes)'
      : 'correct it, or name its format (--format)';
  return corpusError(
    `the corpus ${shown} is not a table of equal records: ${cause.message}; ${remedy}`,
    'CORPUS_LINE_INVALID',
    cause,
  );
}
