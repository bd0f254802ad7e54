import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningProcess, startProcess } from './child-process.ts';
import { REPOSITORY } from './repository.ts';

/** A process that the services need: it can be killed, and started again at the same address on the same data. */
export interface Peer {
  readonly url: string;
  /** Ends it as a crash would: without a word to anybody. */
  kill(): Promise<void>;
  /** Removes all that it has stored; to be called after `kill`. */
  wipe(): Promise<void>;
  /** Starts it again after `kill`. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a nats-server with JetStream on a free port, its streams in `folder`. */
export function startNats(folder: string): Promise<Peer> {
  return startPeer(folder, (port = '-1') =>
    startProcess({
      command: 'nats-server',
      args: ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', port],
      readyWhen: (line) => {
        const address = /Listening for client connections on (\S+)/.exec(line)?.[1];
        return address && `nats://${address}`;
      },
    }),
  );
}

/** Starts chDB over HTTP on a free port, its tables in `folder`; the URL holds user and password. */
export function startClickhouse(folder: string): Promise<Peer> {
  const password = randomBytes(12).toString('hex');
  return startPeer(folder, (port = '0') =>
    startProcess({
      command: process.execPath,
      args: [join(REPOSITORY, 'apps/clickhouse/dist/main.js')],
      env: {
        FACET_CLICKHOUSE_LISTEN: `127.0.0.1:${port}`,
        FACET_CLICKHOUSE_DATA_DIR: folder,
        FACET_CLICKHOUSE_PASSWORD: password,
      },
      readyWhen: (line) =>
        /\{"ready":"(http:[^"]+)"\}/.exec(line)?.[1]?.replace('//', `//default:${password}@`),
      timeoutMs: 180_000,
    }),
  );
}

async function startPeer(
  folder: string,
  launch: (port?: string) => Promise<RunningProcess<string>>,
): Promise<Peer> {
  let process = await launch();
  const url = process.ready;
  return {
    url,
    kill: async () => void (await process.end('SIGKILL')),
    wipe: () => rm(folder, { recursive: true }),
    start: async () => {
      process = await launch(new URL(url).port);
    },
    stop: async () => void (await process.end()),
  };
}
