import { parse } from 'csv-parse/sync';
import { csvErrorCode, csvOptions, type Dialect } from './delimited.ts';

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

/** Looks whether a text is a table of equal records under a header; `delimiters` are tried one after another. */
export function tableShape(head: Head, delimiters: readonly string[] = DELIMITERS): TableShape | undefined {
  for (const delimiter of delimiters)
    for (const unquoted of delimiter === '\t' ? [false, true] : [false]) {
      const records = firstRecords(head, { delimiter, unquoted });
      const [columns = []] = records;
      if (records.length > 0 && columns.length > 1 && columns.every(isColumn) && isUnique(columns))
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

function isColumn(name: string): boolean {
  return name.trim() !== '' && name.length <= MAX_COLUMN_CHARS && !name.includes('\n');
}

function isUnique(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
