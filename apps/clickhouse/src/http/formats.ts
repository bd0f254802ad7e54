/** Formats without a head or a tail: their pieces can be sent as they are made. chDB repeats heads of the others. */
const STREAMED = new Set([
  'JSONEachRow',
  'JSONLines',
  'NDJSON',
  'JSONStringsEachRow',
  'JSONCompactEachRow',
  'JSONCompactStringsEachRow',
  'TabSeparated',
  'TSV',
  'TabSeparatedRaw',
  'TSVRaw',
  'CSV',
  'RowBinary',
  'Native',
]);

/** Parts of SQL that add something before or behind the rows, so that the whole must be made at once. */
const NOT_STREAMED = /\bTOTALS\b|\bextremes\b|\boutput_format_json_array_of_rows\b/i;

/** Tells whether the result of a read can be sent in pieces, given its text and the names of its settings. */
export function canStream(format: string, sql: string, settingNames: Iterable<string>): boolean {
  return STREAMED.has(format) && !NOT_STREAMED.test(sql) && !NOT_STREAMED.test([...settingNames].join(' '));
}

/** Returns the content type that ClickHouse gives a format. */
export function contentTypeOf(format: string): string {
  if (/^(?:JSON.*EachRow.*|JSONLines|NDJSON)$/.test(format)) return 'application/x-ndjson; charset=UTF-8';
  if (format.startsWith('JSON')) return 'application/json; charset=UTF-8';
  if (/^(?:TSV|TabSeparated)/.test(format)) return 'text/tab-separated-values; charset=UTF-8';
  if (format.startsWith('CSV')) return 'text/csv; charset=UTF-8; header=absent';
  if (/^(?:RowBinary|Native|Parquet|Arrow|ORC|Avro|Npy)/.test(format)) return 'application/octet-stream';
  return 'text/plain; charset=UTF-8';
}
