import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FacetError } from '@facet/errors';
import { drainPending, Session } from 'chdb';
import { fromEngine, raise } from '../exceptions.ts';
import { readCatalogue } from '../gate/catalogue.ts';
import { createGate, type Gate } from '../gate/gate.ts';
import { sessionRows } from '../gate/session-rows.ts';
import { createKiller, type Killer } from './killer.ts';
import { createNamedSessions, type NamedSessions } from './named-sessions.ts';
import type { QueryRequest } from './query-request.ts';
import { applyToSession, type Overridden, restoreSession } from './session-settings.ts';

/** One statement, ready for the engine. */
export interface EngineQuery {
  sql: string;
  format: string;
  /** Whether the result can be handed out in pieces while it is being made. */
  streamed: boolean;
  request: QueryRequest;
}

/** What a statement gives: its bytes in order, and counts that are complete when the bytes have been read. */
export interface EngineResult {
  chunks: AsyncIterable<Uint8Array>;
  rowsRead: number;
  bytesRead: number;
  elapsedSeconds: number;
}

/** The embedded ClickHouse: one data directory, one session per request, so that no setting survives a request. */
export interface Engine {
  readonly version: string;
  readonly timezone: string;
  /** What every statement of a caller must pass; the engine itself would let it out. */
  readonly gate: Gate;
  /** Where uploads are kept until the engine has read them. */
  readonly spoolDirectory: string;
  /** Runs one statement and gives its result to `consume`; the session ends when that returns. Abort kills the query. */
  run<T>(query: EngineQuery, signal: AbortSignal, consume: (result: EngineResult) => Promise<T>): Promise<T>;
  /** Ends all sessions; every query must have ended before. */
  close(): Promise<void>;
}

/** Opens (or creates) a data directory. Throws `precondition` when another process has it, naming the directory. */
export async function openEngine(dataDirectory: string): Promise<Engine> {
  const storePath = join(dataDirectory, 'store');
  const spoolDirectory = join(dataDirectory, 'spool');
  await mkdir(storePath, { recursive: true, mode: 0o700 });
  const keeper = await openKeeper(dataDirectory, storePath);
  await closeFilesOf(keeper);
  await rm(spoolDirectory, { recursive: true, force: true });
  await mkdir(spoolDirectory, { recursive: true, mode: 0o700 });
  const sql = 'SELECT version() AS version, timezone() AS zone';
  const [facts] = await sessionRows<{ version: string; zone: string }>(keeper, sql);
  const open = () => new Session(storePath);
  const named = createNamedSessions(open);
  const killer = createKiller(keeper);
  const gate = createGate(await readCatalogue(keeper));
  return {
    version: facts!.version,
    timezone: facts!.zone,
    gate,
    spoolDirectory,
    run: (query, signal, consume) => run({ open, named, killer }, { query, signal, consume }),
    async close() {
      named.close();
      await killer.idle();
      await drainPending();
      keeper.close();
    },
  };
}

/**
 * Takes away that every file of this machine is a table of the database `default`, to read and to append to: chDB lays a
 * database of files over the one on disk. The one on disk is put in its place, with its tables.
 */
async function closeFilesOf(keeper: Session): Promise<void> {
  const [found] = await sessionRows<{ uuid: string }>(
    keeper,
    `SELECT toString(uuid) AS uuid FROM system.databases WHERE name = 'default' AND engine = 'Overlay'`,
  );
  if (found === undefined) return;
  await keeper.queryAsync('DETACH DATABASE default', { format: 'Null' });
  await keeper.queryAsync(`ATTACH DATABASE default UUID '${found.uuid}' ENGINE = Atomic`, { format: 'Null' });
}

async function openKeeper(dataDirectory: string, storePath: string): Promise<Session> {
  try {
    return new Session(storePath);
  } catch (error) {
    const status = await readFile(join(storePath, 'status'), 'utf8').catch(() => '');
    const owner = /PID: (\d+)/.exec(status)?.[1];
    const who = owner === undefined ? '' : ` (process ${owner} was the last to lock it)`;
    throw new FacetError(
      'precondition',
      `cannot open the ClickHouse data directory ${dataDirectory}: another process uses it, or it is not readable${who}; ` +
        'stop that process, or set FACET_CLICKHOUSE_DATA_DIR to another directory',
      { cause: error, reason: 'DATA_DIRECTORY_LOCKED' },
    );
  }
}

interface Parts {
  open: () => Session;
  named: NamedSessions;
  killer: Killer;
}

interface Run<T> {
  query: EngineQuery;
  signal: AbortSignal;
  consume: (result: EngineResult) => Promise<T>;
}

async function run<T>({ open, named, killer }: Parts, { query, signal, consume }: Run<T>): Promise<T> {
  const name = query.request.session;
  const session = name === undefined ? open() : named.acquire(name);
  const watch = killer.watch(signal);
  let overridden: Overridden;
  try {
    overridden = await applyToSession(session, query.request, watch.mark);
    if (signal.aborted) throw raise(394, 'Query was cancelled.');
    return await consume(await execute(session, query));
  } catch (error) {
    throw signal.aborted ? raise(394, 'Query was cancelled.', { cause: error }) : fromEngine(error);
  } finally {
    watch.end();
    if (name === undefined) session.close();
    else await restoreSession(session, overridden).finally(() => named.release(name));
  }
}

async function execute(session: Session, query: EngineQuery): Promise<EngineResult> {
  if (query.streamed) {
    const result = await tryStream(session, query);
    if (result !== undefined) return result;
  }
  const result = await session.queryAsync(query.sql, { format: query.format });
  const { rowsRead, bytesRead, elapsed } = result;
  return { chunks: once(result.bytes()), rowsRead, bytesRead, elapsedSeconds: elapsed };
}

/** Starts a streamed query up to its first bytes, so that early errors are known before any response is sent. */
async function tryStream(session: Session, { sql, format }: EngineQuery): Promise<EngineResult | undefined> {
  const stream = startStream(session, sql, format);
  if (stream === undefined) return undefined;
  const source = stream[Symbol.asyncIterator]();
  const first = await source.next();
  const result: EngineResult = { chunks: chunksOf(), rowsRead: 0, bytesRead: 0, elapsedSeconds: 0 };
  return result;

  async function* chunksOf(): AsyncGenerator<Uint8Array> {
    try {
      for (let next = first; !next.done; next = await source.next()) yield next.value.raw();
    } finally {
      await source.return?.(undefined);
    }
  }
}

function startStream(session: Session, sql: string, format: string) {
  try {
    return session.queryStream(sql, { format });
  } catch (error) {
    if (error instanceof Error && error.message.includes('Streaming query is not supported'))
      return undefined;
    throw error;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}
