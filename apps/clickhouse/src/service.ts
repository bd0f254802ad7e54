import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { resolve as resolvePath } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FacetError } from '@facet/errors';
import { createLogger, type Logger } from '@facet/mesh';
import type { ClickhouseConfig } from './config.ts';
import { openEngine } from './engine/engine.ts';
import { ClickhouseException, raise } from './exceptions.ts';
import { createAdmission } from './http/admission.ts';
import { authenticate } from './http/authentication.ts';
import { createQueryHandler } from './http/query-handler.ts';
import { sendException } from './http/response.ts';
import { refuseStrangers } from './http/strangers.ts';
import { KEEP_ALIVE_MS, MAX_URL_BYTES, REQUEST_TIMEOUT_MS } from './limits.ts';
import { removeConnectionFiles, USER, writeConnectionFiles } from './process/connection-file.ts';

/** A ClickHouse that answers over HTTP. */
export interface RunningClickhouse {
  /** Base URL for clients, such as http://127.0.0.1:8123. */
  url: string;
  /** Password of the user `default`. */
  password: string;
  /** Lets running queries finish for `graceMs` (@default the configured time), kills the rest, closes the directory. */
  stop(graceMs?: number): Promise<void>;
}

/** Random bytes of a password that is made here. */
const PASSWORD_BYTES = 24;

/** Opens the data directory and serves ClickHouse's HTTP protocol on it. One per process: chDB binds one directory. */
export async function startClickhouse(
  config: ClickhouseConfig,
  { logger = createLogger({ service: 'clickhouse', level: config.logLevel }) }: { logger?: Logger } = {},
): Promise<RunningClickhouse> {
  const dataDirectory = resolvePath(config.dataDirectory);
  const engine = await openEngine(dataDirectory);
  const password = config.password ?? randomBytes(PASSWORD_BYTES).toString('base64url');
  const known = { bound: config.host, hosts: config.hosts };
  const admission = createAdmission(config);
  const { maxInsertBytes, readerIdleMs } = config;
  const answer = createQueryHandler({ engine, admission, maxInsertBytes, readerIdleMs, logger });
  const calls = new Map<AbortController, Promise<void>>();
  let stopping = false;

  function accept(message: IncomingMessage, response: ServerResponse): void {
    const call = new AbortController();
    response.on('close', () => call.abort());
    const done = handle(message, response, call.signal).finally(() => calls.delete(call));
    calls.set(call, done);
  }

  async function handle(
    message: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      refuseStrangers(message, known);
      const url = new URL(message.url ?? '/', 'http://clickhouse');
      if (isPing(message, url)) return sendPing(response, stopping);
      admit(message, { url, stopping, password });
      await answer(message, response, { url, signal });
    } catch (error) {
      const exception =
        error instanceof ClickhouseException ? error : raise(62, 'The URL of the request is not valid.');
      await sendException(response, exception, '');
    }
  }

  const server = createServer({ maxHeaderSize: MAX_URL_BYTES }, accept);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const url = await listen(server, config).catch(async (error) => {
    await engine.close();
    throw error;
  });
  await writeConnectionFiles(dataDirectory, { url, user: USER, password });
  logger.info({ url, dataDirectory: config.dataDirectory, version: engine.version }, 'clickhouse is ready');

  async function stop(graceMs: number): Promise<void> {
    stopping = true;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const drained = Promise.all(calls.values());
    const grace = new AbortController();
    await Promise.race([drained, delay(graceMs, undefined, { signal: grace.signal }).catch(() => {})]);
    grace.abort();
    for (const call of calls.keys()) call.abort();
    await drained;
    server.closeAllConnections();
    await closed;
    await removeConnectionFiles(dataDirectory);
    await engine.close();
    logger.info('clickhouse has stopped');
  }

  let stopped: Promise<void> | undefined;
  return {
    url,
    password,
    stop: (graceMs = config.drainMs) => {
      stopped ??= stop(graceMs);
      return stopped;
    },
  };
}

const PING_PATHS = new Set(['/ping', '/replicas_status']);

function isPing({ method, headers }: IncomingMessage, url: URL): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const asksNothing =
    url.pathname === '/' && !url.searchParams.has('query') && headers['content-length'] === undefined;
  return PING_PATHS.has(url.pathname) || asksNothing;
}

function sendPing(response: ServerResponse, stopping: boolean): void {
  response.writeHead(stopping ? 503 : 200, { 'Content-Type': 'text/html; charset=UTF-8' });
  response.end(stopping ? 'Stopping.\n' : 'Ok.\n');
}

function admit(
  message: IncomingMessage,
  { url, stopping, password }: { url: URL; stopping: boolean; password: string },
): void {
  if (stopping) throw raise(236, 'The server is shutting down.');
  authenticate(message, url, password);
  if (url.pathname !== '/')
    throw raise(62, `There is no handle ${url.pathname}; send queries to / and pings to /ping.`);
  if (message.method !== 'GET' && message.method !== 'POST')
    throw raise(48, `Method ${message.method} is not supported.`);
}

function listen(server: Server, { host, port }: ClickhouseConfig): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is in use' : cause.message;
      const remedy = 'choose another with FACET_CLICKHOUSE_LISTEN';
      reject(
        new FacetError('precondition', `cannot listen on ${host}:${port}: ${why}; ${remedy}`, { cause }),
      );
    });
    server.listen(port, host.replace(/^\[|\]$/g, ''), () => {
      const { address, port: actual } = server.address() as AddressInfo;
      resolve(`http://${isIPv6(address) ? `[${address}]` : address}:${actual}`);
    });
  });
}
