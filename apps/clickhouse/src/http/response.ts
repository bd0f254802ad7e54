import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { linkSignals } from '@facet/mesh';
import type { EngineResult } from '../engine/engine.ts';
import { type ClickhouseException, httpStatusOf, raise } from '../exceptions.ts';
import { contentTypeOf } from './formats.ts';

/** What the head of a response says about its query. */
export interface ResponseFacts {
  queryId: string;
  format: string;
  timezone: string;
  gzip: boolean;
  /** Whether rows were written (an INSERT) rather than read, for the summary. */
  isInsert: boolean;
  streamed: boolean;
}

/** A response under way: the sink behind the optional compression, and the tag that marks a late exception. */
interface OpenResponse {
  sink: Writable;
  exceptionTag: string | undefined;
}

const open = new WeakMap<ServerResponse, OpenResponse>();

export interface SendOptions {
  facts: ResponseFacts;
  /** Ends the wait for a slow reader when it leaves. */
  signal: AbortSignal;
  /** Longest time that the reader may take nothing: the query keeps its turn meanwhile. */
  readerIdleMs: number;
}

/**
 * Sends the result of a query as it is made, waiting for slow readers; one that takes nothing for too long is cut off, with
 * TIMEOUT_EXCEEDED. The response stays open until `endResponse`.
 */
export async function sendResult(
  response: ServerResponse,
  result: EngineResult,
  { facts, ...waiting }: SendOptions,
): Promise<void> {
  const { sink } = openResponse(response, result, facts);
  for await (const chunk of result.chunks) {
    waiting.signal.throwIfAborted();
    if (!sink.write(chunk)) await drained(response, sink, waiting);
  }
}

async function drained(
  response: ServerResponse,
  sink: Writable,
  { signal, readerIdleMs }: Omit<SendOptions, 'facts'>,
): Promise<void> {
  const linked = linkSignals([signal], readerIdleMs);
  try {
    await once(sink, 'drain', { signal: linked.signal });
  } catch (cause) {
    if (!linked.timedOut()) throw cause;
    // It would not read an exception either.
    setImmediate(() => response.destroy());
    throw raise(159, `The reader took nothing for ${readerIdleMs} ms; read on, or ask for less.`, { cause });
  } finally {
    linked.dispose();
  }
}

/** Ends a response whose result was sent whole: from here on its reader may ask for the same session again. */
export function endResponse(response: ServerResponse): void {
  open.get(response)?.sink.end();
}

function openResponse(response: ServerResponse, result: EngineResult, facts: ResponseFacts): OpenResponse {
  const exceptionTag = facts.streamed ? randomBytes(8).toString('hex') : undefined;
  response.writeHead(200, {
    'Content-Type': contentTypeOf(facts.format),
    'X-ClickHouse-Query-Id': headerValue(facts.queryId),
    'X-ClickHouse-Format': facts.format,
    'X-ClickHouse-Timezone': facts.timezone,
    'X-ClickHouse-Server-Display-Name': hostname(),
    'X-ClickHouse-Summary': summaryOf(result, facts.isInsert),
    ...(facts.gzip ? { 'Content-Encoding': 'gzip' } : {}),
    ...(exceptionTag === undefined ? {} : { 'X-ClickHouse-Exception-Tag': exceptionTag }),
  });
  const opened: OpenResponse = { sink: facts.gzip ? gzipInto(response) : response, exceptionTag };
  open.set(response, opened);
  return opened;
}

/** A caller's text with `?` for what no header can hold. */
function headerValue(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/gu, '?');
}

function gzipInto(response: ServerResponse): Writable {
  const gzip = createGzip({ level: 1 });
  gzip.pipe(response);
  return gzip;
}

function summaryOf({ rowsRead, bytesRead, elapsedSeconds }: EngineResult, isInsert: boolean): string {
  return JSON.stringify({
    read_rows: String(rowsRead),
    read_bytes: String(bytesRead),
    written_rows: String(isInsert ? rowsRead : 0),
    written_bytes: String(isInsert ? bytesRead : 0),
    total_rows_to_read: '0',
    result_rows: String(isInsert ? 0 : rowsRead),
    result_bytes: String(isInsert ? 0 : bytesRead),
    elapsed_ns: String(Math.round(elapsedSeconds * 1e9)),
  });
}

/** Sends an exception: as the response, or at the end of a body that has begun, and then breaks the connection off. */
export async function sendException(
  response: ServerResponse,
  exception: ClickhouseException,
  queryId: string,
): Promise<void> {
  if (response.destroyed) return;
  const opened = open.get(response);
  if (opened !== undefined) return breakOff(response, opened, exception);
  const body = `${exception.message}\n`;
  response.writeHead(httpStatusOf(exception.code), {
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Length': Buffer.byteLength(body),
    'X-ClickHouse-Exception-Code': String(exception.code),
    'X-ClickHouse-Query-Id': headerValue(queryId),
    ...(exception.code === 194 ? { 'WWW-Authenticate': 'Basic realm="ClickHouse"' } : {}),
    ...(exception.code === 202 ? { 'Retry-After': '1' } : {}),
  });
  response.end(body);
}

/**
 * Writes the exception block of ClickHouse 25.11 and later. A plain body then ends without its last chunk, so that nobody
 * takes it for whole; a compressed one must be completed, or its reader would lose the block.
 */
async function breakOff(
  response: ServerResponse,
  { sink, exceptionTag }: OpenResponse,
  error: Error,
): Promise<void> {
  const text = `${error.message}\n`;
  const tag = exceptionTag ?? '';
  const block = `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`;
  if (sink !== response) {
    sink.end(block);
    return;
  }
  await new Promise<void>((resolve) => sink.write(block, () => resolve()));
  response.socket?.end();
}
