import { quote } from '@facet/errors';
import { ambiguous } from '../bytes/corpus-file.ts';
import type { Dialect } from '../delimited.ts';
import { type Head, type TableShape, tableShape } from './table-shape.ts';

interface Wanted {
  /** The column that holds the text. */
  textField: string;
  /** Ending of the name. */
  ending: string;
  shown: string;
}

/** A header cell as programs write it. */
const IDENTIFIER = /^[A-Za-z_][\w.-]{0,39}$/;
/** Fewer equal lines than this may be chance. */
const MIN_RECORDS = 3;
const MAX_NAMED_COLUMNS = 12;

/** What the endings of tables say of their delimiter. */
const NAMED_DELIMITERS: Readonly<Record<string, string>> = { csv: ',', tsv: '\t', tab: '\t' };

/** Tells whether a text is a table with a column of texts; undefined for plain text. A table without that column is refused. */
export function tableFormat(head: Head, { textField, ending, shown }: Wanted): Dialect | undefined {
  const named = Object.hasOwn(NAMED_DELIMITERS, ending) ? NAMED_DELIMITERS[ending] : undefined;
  const shape = tableShape(head, named === '\t' ? { delimiters: ['\t'] } : {});
  if (shape === undefined)
    return named === undefined ? undefined : oneColumn(head, named, { textField, ending, shown });
  if (shape.columns.includes(textField) && (shape.records > 1 || named !== undefined)) return shape.dialect;
  if (named === undefined && !looksLikeTable(shape)) return undefined;
  const columns = shape.columns.slice(0, MAX_NAMED_COLUMNS).map(quote).join(', ');
  const remedy = `name the one with the texts (--text-field)${named === undefined ? ', or say --format text' : ''}`;
  throw ambiguous(
    shown,
    `is a table without a column ${quote(textField)}; its columns are ${columns}`,
    remedy,
  );
}

function looksLikeTable({ records, columns }: TableShape): boolean {
  return records >= MIN_RECORDS && columns.every((name) => IDENTIFIER.test(name));
}

/** A table of one column has no delimiter by which it could be told. */
function oneColumn(
  { text }: Head,
  delimiter: string,
  { textField, ending, shown }: Wanted,
): Dialect | undefined {
  if (text.trim() === '') return undefined;
  const header = text
    .split(/\r?\n/, 1)[0]!
    .trim()
    .replace(/^"(.*)"$/, '$1');
  if (header === textField) return { delimiter, unquoted: false };
  const format = delimiter === '\t' ? 'tsv' : 'csv';
  const remedy = `correct it, or say which it is (--format ${format} with its column of texts, --text-field, or --format text)`;
  throw ambiguous(shown, `is named ".${ending}" but is no table of equal records under a header`, remedy);
}
