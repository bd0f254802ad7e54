import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The built entry of the app that serves chDB over HTTP; run as a process, so that nothing here depends on the app. */
const MAIN = fileURLToPath(new URL('../../../../apps/clickhouse/dist/main.js', import.meta.url));

/** A ClickHouse for tests. */
export interface ClickhouseProcess {
  /** With user and password. */
  url: string;
  /** Ends the process and removes its data. */
  stop(): Promise<void>;
}

/** Starts a real ClickHouse (chDB) on a free port with an empty data directory; fails with its log when it does not start. */
export async function startClickhouseProcess(): Promise<ClickhouseProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'facet-clickhouse-'));
  const password = randomBytes(12).toString('hex');
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      FACET_CLICKHOUSE_DATA_DIR: directory,
      FACET_CLICKHOUSE_LISTEN: '127.0.0.1:0',
      FACET_CLICKHOUSE_PASSWORD: password,
      UV_THREADPOOL_SIZE: '6',
    },
  });
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const exit = once(child, 'exit');
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line).ready));
  });
  const url = await Promise.race([
    ready,
    exit.then(([code]) => Promise.reject(new Error(`ClickHouse ended with ${code}:\n${log}`))),
  ]);
  return {
    url: url.replace('//', `//default:${password}@`),
    async stop() {
      child.kill('SIGTERM');
      await exit;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
