import { parse } from 'csv-parse/sync';
import { csvErrorCode, csvOptions, type Dialect } from '../delimited.ts';

/** A table as its first records show it. */
export interface TableShape {
  dialect: Dialect;
  columns: readonly string[];
  /** Records that were looked at, the header among them. */
  records: number;
}

/** Delimiters in the order in which they are tried. */
const DELIMITERS = ['\t', ',', ';', '|'];
/** Records that are looked at. */
const LOOKED_AT = 50;
const MAX_COLUMN_CHARS = 64;

/** The first characters of a corpus. */
export interface Head {
  text: string;
  /** Whether that is all of it. */
  complete: boolean;
}

/** What a table may be. */
export interface Possible {
  /** Tried one after another. */
  delimiters?: readonly string[];
  /** Whether quotation marks are ordinary characters. @default they are not, but may be in TSV */
  unquoted?: boolean;
}

/** Looks whether a text is a table of equal records under a header. */
export function tableShape(
  head: Head,
  { delimiters = DELIMITERS, unquoted: isUnquoted = false }: Possible = {},
): TableShape | undefined {
  for (const delimiter of delimiters)
    for (const unquoted of delimiter === '\t' && !isUnquoted ? [false, true] : [isUnquoted]) {
      const records = firstRecords(head, { delimiter, unquoted });
      const [columns = []] = records;
      if (records.length > 0 && columns.length > 1 && namedColumns(columns).every(isColumn))
        return { dialect: { delimiter, unquoted }, columns, records: records.length };
    }
  return undefined;
}

/** The first records of a table; none where they are not equal in length or quoted wrongly. */
function firstRecords({ text, complete }: Head, dialect: Dialect): string[][] {
  const whole = complete ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  const records: string[][] = [];
  const collect = (record: string[]) => {
    records.push(record);
    return record;
  };
  try {
    parse(whole, { ...csvOptions(dialect), to: LOOKED_AT, on_record: collect });
  } catch (error) {
    const code = csvErrorCode(error);
    if (code === undefined) throw error;
    // What was looked at may end inside a cell.
    if (complete || code !== 'CSV_QUOTE_NOT_CLOSED') return [];
  }
  return records;
}

/** The columns of a header but one without a name at an end: the index that pandas writes, or what a delimiter at the end makes. */
function namedColumns(columns: readonly string[]): readonly string[] {
  if (columns[0]!.trim() === '') return columns.slice(1);
  return columns.at(-1)!.trim() === '' ? columns.slice(0, -1) : columns;
}

function isColumn(name: string, at: number, columns: readonly string[]): boolean {
  const isName = name.trim() !== '' && name.length <= MAX_COLUMN_CHARS && !name.includes('\n');
  return isName && columns.indexOf(name) === at;
}
