import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { raise } from '../exceptions.ts';
import { DEFAULT_SESSION_TIMEOUT_S, MAX_SESSION_TIMEOUT_S } from '../limits.ts';

/** One request of ClickHouse's HTTP interface, read from its URL, headers and multipart fields. */
export interface QueryRequest {
  /** SQL of `?query=`, or of the multipart field; undefined when the body is the SQL. */
  query: string | undefined;
  queryId: string;
  database: string | undefined;
  /** Format of statements without a FORMAT clause. */
  defaultFormat: string;
  /** Values of `param_*`, escaped as in TabSeparated, by name. */
  params: ReadonlyMap<string, string>;
  /** Engine settings by name, for this request only. */
  settings: ReadonlyMap<string, string>;
  session: { id: string; timeoutMs: number; mustExist: boolean } | undefined;
  /** Whether the caller wants the whole result made before the first byte. */
  waitEndOfQuery: boolean;
  /** Whether the caller asks for a compressed response. */
  compressResponse: boolean;
  /** Whether only reading is allowed, as for every GET: the gate refuses other statements, in named sessions too. */
  readonly: boolean;
}

/** Keys that concern this process, not the engine; all others are settings. */
const HTTP_KEYS = new Set([
  'query',
  'query_id',
  'database',
  'default_format',
  'session_id',
  'session_timeout',
  'session_check',
  'close_session',
  'compress',
  'decompress',
  'user',
  'password',
  'quota_key',
  'role',
  'stacktrace',
  'buffer_size',
  'wait_end_of_query',
  'send_progress_in_http_headers',
  'http_response_buffer_size',
  'http_headers_progress_interval_ms',
  'http_send_progress_interval_ms',
  'enable_http_compression',
  'http_zlib_compression_level',
  'http_response_compression_method',
  'http_native_compression_disable_checksumming_on_decompress',
  'http_write_exception_in_output_format',
  'cancel_http_readonly_queries_on_client_close',
  'log_comment',
  'client_protocol_version',
]);

/** Reads what a request asks for; `fields` are those of a multipart body and win over the URL. */
export function readQueryRequest(
  message: IncomingMessage,
  url: URL,
  fields: ReadonlyMap<string, string>,
): QueryRequest {
  const values = new Map<string, string>([...url.searchParams, ...fields]);
  refuseWhatIsNotThere(values);
  return {
    query: values.get('query'),
    queryId: values.get('query_id') || randomUUID(),
    database: values.get('database') || headerOf(message, 'x-clickhouse-database'),
    defaultFormat: values.get('default_format') || headerOf(message, 'x-clickhouse-format') || 'TabSeparated',
    params: new Map(entriesUnder(values, 'param_')),
    settings: settingsOf(values),
    session: sessionOf(values),
    waitEndOfQuery: isOn(values.get('wait_end_of_query')),
    compressResponse: isOn(values.get('enable_http_compression')),
    readonly: message.method === 'GET',
  };
}

function headerOf(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isOn(value: string | undefined): boolean {
  return value === '1' || value === 'true';
}

function entriesUnder(values: ReadonlyMap<string, string>, prefix: string): [string, string][] {
  return [...values]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value]);
}

function settingsOf(values: ReadonlyMap<string, string>): Map<string, string> {
  const settings = [...values].filter(([key]) => !HTTP_KEYS.has(key) && !key.startsWith('param_'));
  const bad = settings.find(([key]) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(key));
  if (bad !== undefined) throw raise(115, `Unknown setting ${JSON.stringify(bad[0])}.`);
  return new Map(settings);
}

function sessionOf(values: ReadonlyMap<string, string>): QueryRequest['session'] {
  const id = values.get('session_id');
  if (id === undefined || id === '') return undefined;
  const seconds = Number(values.get('session_timeout') || DEFAULT_SESSION_TIMEOUT_S);
  if (!(seconds > 0 && seconds <= MAX_SESSION_TIMEOUT_S)) {
    throw raise(62, `session_timeout must be above 0 and at most ${MAX_SESSION_TIMEOUT_S} seconds.`);
  }
  return { id, timeoutMs: seconds * 1000, mustExist: isOn(values.get('session_check')) };
}

function refuseWhatIsNotThere(values: ReadonlyMap<string, string>): void {
  if (isOn(values.get('compress')) || isOn(values.get('decompress'))) {
    throw raise(48, "ClickHouse's own block compression is not supported here; use gzip (Content-Encoding).");
  }
  const role = values.get('role');
  if (role !== undefined) throw raise(511, `There is no role ${role}: this engine has no users and roles.`);
}
