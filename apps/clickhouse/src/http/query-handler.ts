import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Logger } from '@facet/mesh';
import type { Engine } from '../engine/engine.ts';
import { type QueryRequest, readQueryRequest } from '../engine/query-request.ts';
import { ClickhouseException, fromEngine, raise } from '../exceptions.ts';
import type { Admission } from './admission.ts';
import { multipartBoundary, parseMultipart } from './multipart.ts';
import { type PreparedQuery, prepareQuery } from './prepare-query.ts';
import { decodedBody, readSql } from './request-body.ts';
import { endResponse, sendException, sendResult } from './response.ts';

/** Longest part of an exception's text that is logged; syntax errors list the whole grammar. */
const MAX_LOGGED_CHARACTERS = 500;

/** What answering queries needs. */
export interface QueryHandlerParts {
  engine: Engine;
  admission: Admission;
  maxInsertBytes: number;
  /** Longest time that a reader may take nothing of its result, milliseconds. */
  readerIdleMs: number;
  logger: Logger;
}

/** Creates the handler of `/`: reads one request, runs its statement and sends the result or a typed exception. */
export function createQueryHandler(parts: QueryHandlerParts) {
  return async (
    message: IncomingMessage,
    response: ServerResponse,
    { url, signal }: { url: URL; signal: AbortSignal },
  ) => {
    const startedAt = performance.now();
    let queryId = url.searchParams.get('query_id') ?? '';
    try {
      const { request, body } = await readRequest(message, url);
      queryId = request.queryId;
      await answer(parts, { request, body, response, signal });
      parts.logger.debug({ queryId, elapsedMs: Math.round(performance.now() - startedAt) }, 'query');
    } catch (error) {
      const exception = exceptionOf(error, signal);
      parts.logger.info(
        { queryId, code: exception.code, error: exception.message.slice(0, MAX_LOGGED_CHARACTERS) },
        'query failed',
      );
      if (exception.code === 1002) parts.logger.error({ err: error }, 'unexpected error');
      await sendException(response, exception, queryId);
    } finally {
      message.resume();
    }
  };
}

function exceptionOf(error: unknown, signal: AbortSignal): ClickhouseException {
  if (error instanceof ClickhouseException) return error;
  if (signal.aborted) return raise(394, 'Query was cancelled.', { cause: error });
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code.startsWith('Z_') || code === 'ERR__ERROR_FORMAT_PADDING_1') {
    return raise(62, `The body cannot be decompressed: ${(error as Error).message}.`, { cause: error });
  }
  return fromEngine(error);
}

async function readRequest(
  message: IncomingMessage,
  url: URL,
): Promise<{ request: QueryRequest; body: Readable }> {
  const boundary = multipartBoundary(message.headers['content-type']);
  const body = decodedBody(message);
  if (boundary === undefined) return { request: readQueryRequest(message, url, new Map()), body };
  const text = await readSql(Buffer.alloc(0), body);
  const fields = parseMultipart(Buffer.from(text), boundary);
  return { request: readQueryRequest(message, url, fields), body: Readable.from([]) };
}

interface Call {
  request: QueryRequest;
  body: Readable;
  response: ServerResponse;
  signal: AbortSignal;
}

async function answer(parts: QueryHandlerParts, call: Call): Promise<void> {
  const { engine, admission, maxInsertBytes } = parts;
  const options = { gate: engine.gate, directory: engine.spoolDirectory, maxBytes: maxInsertBytes };
  const prepared = await prepareQuery(call.request, call.body, options);
  try {
    const leave = await admission.enter(call.signal);
    try {
      await runPrepared(parts, prepared, call);
    } finally {
      leave();
    }
  } finally {
    await prepared.upload?.remove();
  }
}

async function runPrepared(
  { engine, readerIdleMs }: QueryHandlerParts,
  { engineQuery, upload }: PreparedQuery,
  call: Call,
): Promise<void> {
  const { request, response, signal } = call;
  const accepts = String(response.req.headers['accept-encoding'] ?? '');
  const facts = {
    queryId: request.queryId,
    format: engineQuery.format,
    timezone: engine.timezone,
    gzip: request.compressResponse && /\bgzip\b/.test(accepts),
    isInsert: upload !== undefined,
    streamed: engineQuery.streamed,
  };
  try {
    await engine.run(engineQuery, signal, (result) =>
      sendResult(response, result, { facts, signal, readerIdleMs }),
    );
    endResponse(response);
  } catch (error) {
    throw upload === undefined ? error : fromEngineWithoutPath(error, upload.path);
  }
}

function fromEngineWithoutPath(error: unknown, path: string): unknown {
  if (!(error instanceof ClickhouseException)) return error;
  return new ClickhouseException(error.code, error.message.replaceAll(path, 'the request body'), {
    cause: error,
  });
}
