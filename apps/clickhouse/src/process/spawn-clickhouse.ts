import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FacetError } from '@facet/errors';
import { RESERVED_THREADS } from '../limits.ts';

/** Environment variable that makes the process stop when its standard input closes: no orphan when the parent dies. */
export const STOP_WITH_STDIN = 'FACET_CLICKHOUSE_STOP_WITH_STDIN';

/** Longest text of the child's standard error that is kept for error messages. */
const MAX_STDERR_CHARACTERS = 16_384;

/** Random bytes of a password that is made here. */
const PASSWORD_BYTES = 24;

export interface SpawnClickhouseOptions {
  dataDirectory: string;
  /** Where it listens. @default 127.0.0.1:8123; port 0 lets the system choose */
  listen?: string;
  /** Password of the user `default`. @default a random one */
  password?: string;
  /** Queries that run at the same time. @default 8 */
  maxRunning?: number;
  /** Queries that wait for their turn. @default 256 */
  maxWaiting?: number;
  /** How long stopping lets running queries finish. @default 10 s */
  drainMs?: number;
  /** How long to wait until it answers. @default 30 s */
  readyTimeoutMs?: number;
  /** Receives the lines it logs (JSON). @default they are dropped, the newest kept for error messages */
  onLog?: (line: string) => void;
  /** Stops waiting for readiness and ends the process. */
  signal?: AbortSignal;
}

/** A ClickHouse in a process of its own. */
export interface SpawnedClickhouse {
  url: string;
  /** Password of the user `default`. */
  password: string;
  pid: number;
  /** Resolves with the reason when the process ends by itself. */
  readonly ended: Promise<string>;
  /** Asks it to stop and waits; ends it by force after `graceMs`. @default 15 s */
  stop(graceMs?: number): Promise<void>;
}

/**
 * Starts `main` of this app in a process of its own and resolves when it answers. It has its own process group, so that
 * Ctrl-C reaches only the parent, which decides when to stop it; it stops by itself when the parent dies.
 */
export async function spawnClickhouse(options: SpawnClickhouseOptions): Promise<SpawnedClickhouse> {
  const password = options.password || randomBytes(PASSWORD_BYTES).toString('base64url');
  const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  const child = spawn(process.execPath, [main], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...environmentOf({ ...options, password }) },
  });
  const log = keepLog(child, options.onLog);
  const ended = once(child, 'exit').then(
    ([code, signal]) => `it ended with ${signal ?? `exit code ${code}`}\n${log()}`,
  );
  const stop = (graceMs = 15_000) => stopChild(child, ended, graceMs);
  try {
    const url = await readyUrl(child, ended, options);
    return { url, password, pid: child.pid!, ended, stop };
  } catch (error) {
    await stop(1000);
    throw error;
  }
}

function environmentOf(options: SpawnClickhouseOptions & { password: string }): Record<string, string> {
  const maxRunning = options.maxRunning ?? 8;
  return {
    [STOP_WITH_STDIN]: '1',
    UV_THREADPOOL_SIZE: String(maxRunning + RESERVED_THREADS),
    FACET_CLICKHOUSE_DATA_DIR: options.dataDirectory,
    FACET_CLICKHOUSE_LISTEN: options.listen ?? '127.0.0.1:8123',
    FACET_CLICKHOUSE_PASSWORD: options.password,
    FACET_CLICKHOUSE_MAX_RUNNING: String(maxRunning),
    FACET_CLICKHOUSE_DRAIN_MS: String(options.drainMs ?? 10_000),
    FACET_CLICKHOUSE_MAX_WAITING: String(options.maxWaiting ?? 256),
  };
}

function keepLog(child: ChildProcess, onLog?: (line: string) => void): () => string {
  let kept = '';
  createInterface({ input: child.stderr! }).on('line', (line) => {
    kept = `${kept}${line}\n`.slice(-MAX_STDERR_CHARACTERS);
    onLog?.(line);
  });
  return () => kept;
}

async function readyUrl(
  child: ChildProcess,
  ended: Promise<string>,
  options: SpawnClickhouseOptions,
): Promise<string> {
  const { readyTimeoutMs = 30_000, signal } = options;
  const waiting = new AbortController();
  const signals = signal === undefined ? waiting.signal : AbortSignal.any([waiting.signal, signal]);
  const failed = (why: string): never => {
    throw new FacetError('unavailable', `ClickHouse did not start on ${options.dataDirectory}: ${why}`);
  };
  try {
    return await Promise.race([
      readyLine(child),
      ended.then(failed),
      delay(readyTimeoutMs, undefined, { signal: signals }).then(() =>
        failed(`not ready after ${readyTimeoutMs} ms`),
      ),
    ]);
  } catch (error) {
    if (signal?.aborted)
      throw new FacetError('cancelled', 'starting ClickHouse was cancelled', { cause: error });
    throw error;
  } finally {
    waiting.abort();
  }
}

function readyLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const ready = /^\{"ready":"([^"]+)"\}$/.exec(line)?.[1];
      if (ready !== undefined) resolve(ready);
    });
  });
}

async function stopChild(child: ChildProcess, ended: Promise<string>, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(timer);
}
