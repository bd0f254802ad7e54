import { setTimeout as delay } from 'node:timers/promises';
import { type ClickHouseClient, ClickHouseError, type ClickHouseSettings } from '@clickhouse/client';
import { FacetError } from '@facet/errors';

/** First and longest pause between attempts. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** How long unreachable ClickHouse is tried before the caller is told. */
export const DEFAULT_RETRY_FOR_MS = 15_000;

export interface ClickhouseSessionOptions {
  client: ClickHouseClient;
  /** Address for error messages, without credentials. */
  address: string;
  /**
   * How long a ClickHouse that cannot be reached is tried again; once it has been away for so long, a question is tried
   * once. @default 15 s
   */
  retryForMs?: number;
  /** The signal of whatever the current code works for: ends its reading queries. @default none */
  readSignal?: () => AbortSignal | undefined;
}

export interface CallOptions {
  params?: Record<string, unknown>;
  settings?: ClickHouseSettings;
  signal?: AbortSignal;
}

/** Queries with retries: every call here is safe to repeat (reads, idempotent DDL, inserts with a deduplication token). */
export interface ClickhouseSession {
  rows<T>(query: string, options?: CallOptions): Promise<T[]>;
  command(query: string, options?: CallOptions): Promise<void>;
  insertRows(table: string, rows: readonly object[], token: string, options?: CallOptions): Promise<void>;
  /** Sends a body in any format; `body` is called anew for every attempt. */
  insertBody(
    query: string,
    body: () => import('node:stream').Readable,
    token: string,
    options?: CallOptions,
  ): Promise<void>;
}

/** 64-bit numbers as JSON numbers on every version of ClickHouse: all of ours are below 2^53. */
const SETTINGS: ClickHouseSettings = { output_format_json_quote_64bit_integers: 0 };

/** Creates a session; errors come out as FacetErrors: `unavailable` naming the address when ClickHouse is not there. */
export function createClickhouseSession({
  client,
  address,
  retryForMs = DEFAULT_RETRY_FOR_MS,
  readSignal = () => undefined,
}: ClickhouseSessionOptions): ClickhouseSession {
  const outage: Outage = { since: undefined };
  const call = <T>(attempt: () => Promise<T>, signal?: AbortSignal) =>
    retry(attempt, { address, retryForMs, signal, outage, patient: true });
  const ask = <T>(attempt: () => Promise<T>, signal?: AbortSignal) =>
    retry(attempt, { address, retryForMs, signal, outage, patient: false });
  const common = ({ params, settings, signal }: CallOptions) => ({
    clickhouse_settings: { ...SETTINGS, ...settings },
    ...(params === undefined ? {} : { query_params: params }),
    ...(signal === undefined ? {} : { abort_signal: signal }),
  });
  const withToken = (options: CallOptions, token: string): CallOptions => ({
    ...options,
    settings: { ...options.settings, insert_deduplication_token: token },
  });
  return {
    rows<T>(query: string, options: CallOptions = {}) {
      const signal = options.signal ?? readSignal();
      return ask(async () => {
        const reading = signal === undefined ? options : { ...options, signal };
        const result = await client.query({ query, format: 'JSONEachRow', ...common(reading) });
        return result.json<T>();
      }, signal);
    },
    command: (query, options = {}) =>
      call(async () => void (await client.command({ query, ...common(options) })), options.signal),
    insertRows: (table, rows, token, options = {}) =>
      call(async () => {
        await client.insert({
          table,
          values: rows,
          format: 'JSONEachRow',
          ...common(withToken(options, token)),
        });
      }, options.signal),
    insertBody: (query, body, token, options = {}) =>
      call(async () => {
        const { stream } = await client.exec({ query, values: body(), ...common(withToken(options, token)) });
        await stream.resume().toArray();
      }, options.signal),
  };
}

/** Since when ClickHouse could not be reached, over all calls. */
interface Outage {
  since: number | undefined;
}

interface RetryOptions {
  address: string;
  retryForMs: number;
  signal?: AbortSignal | undefined;
  outage: Outage;
  /** Whether to try for the whole time, however long ClickHouse has been away: work waits, a question does not. */
  patient: boolean;
}

async function retry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { signal, outage } = options;
  const startedAt = performance.now();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    // The client hears of signals that abort while it waits, not of those that have aborted before.
    if (signal?.aborted) throw new FacetError('cancelled', 'the query was cancelled');
    try {
      const answer = await attempt();
      outage.since = undefined;
      return answer;
    } catch (error) {
      requireAnotherTry(error, { ...options, startedAt, pauseMs });
    }
    await delay(pauseMs, undefined, signal === undefined ? {} : { signal }).catch(() => {});
  }
}

/** Throws what the caller is told when another try makes no sense, or there is no time left for it. */
function requireAnotherTry(
  error: unknown,
  {
    address,
    retryForMs,
    signal,
    outage,
    patient,
    ...time
  }: RetryOptions & { startedAt: number; pauseMs: number },
): void {
  if (signal?.aborted) throw new FacetError('cancelled', 'the query was cancelled', { cause: error });
  if (!isTransient(error)) throw toFacetError(error);
  const now = performance.now();
  if (!(error instanceof ClickHouseError)) outage.since ??= now;
  const from = patient ? time.startedAt : Math.min(time.startedAt, outage.since ?? now);
  if (now + time.pauseMs > from + retryForMs) throw unreachable(address, retryForMs, error);
}

const TRANSIENT_SYSTEM_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** ClickHouse's codes for "later": too many queries, shutting down, network, keeper. */
const TRANSIENT_CLICKHOUSE_CODES = new Set(['202', '209', '210', '236', '319', '425', '999']);

function isTransient(error: unknown): boolean {
  if (error instanceof ClickHouseError) return TRANSIENT_CLICKHOUSE_CODES.has(error.code);
  const { code, message } = error as NodeJS.ErrnoException;
  return TRANSIENT_SYSTEM_CODES.has(code ?? '') || /^Timeout error|socket hang up/.test(message ?? '');
}

function unreachable(address: string, retryForMs: number, cause: unknown): FacetError {
  const seconds = Math.round(retryForMs / 1000);
  return new FacetError(
    'unavailable',
    `ClickHouse at ${address} does not answer (tried for ${seconds} s): ${(cause as Error).message}; start it or set FACET_CLICKHOUSE_URL`,
    { cause, reason: 'CLICKHOUSE_UNAVAILABLE', metadata: { address } },
  );
}

/** Disk full and memory limits are the operator's business; everything else is a defect and stays what it is. */
function toFacetError(error: unknown): unknown {
  if (!(error instanceof ClickHouseError)) return error;
  if (error.code === '243' || error.code === '241') {
    return new FacetError('exhausted', `ClickHouse has no room: ${error.message}`, {
      cause: error,
      reason: error.type ?? 'CLICKHOUSE_FULL',
    });
  }
  if (error.code === '516' || error.code === '194') {
    return new FacetError('precondition', `ClickHouse refuses the credentials: ${error.message}`, {
      cause: error,
    });
  }
  return error;
}
