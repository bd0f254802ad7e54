import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A nats-server process of its own, with its store in a directory of its own. */
export interface NatsServer {
  readonly url: string;
  /** Ends the process with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same port and store. */
  start(): Promise<void>;
  /** Removes its store, between `kill` and `start`. */
  wipe(): Promise<void>;
  /** Ends it and removes its store. */
  close(): Promise<void>;
}

/** Whether the nats-server program is installed. */
export function hasNatsServer(): boolean {
  return spawnSync('nats-server', ['--version']).status === 0;
}

/** Starts nats-server with JetStream (or with `flags`) on a free port of 127.0.0.1. */
export async function startNatsServer(flags: readonly string[] = ['-js']): Promise<NatsServer> {
  const directory = await mkdtemp(join(tmpdir(), 'facet-nats-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const start = async () => {
    child = spawn('nats-server', [...flags, '-sd', directory, '-a', '127.0.0.1', '-p', String(port)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await readyLine(child);
  };
  const wipe = () => rm(directory, { recursive: true, force: true });
  const close = async () => {
    await kill();
    await wipe();
  };
  await start();
  return { url: `nats://127.0.0.1:${port}`, kill, start, wipe, close };
}

async function readyLine(child: ChildProcess): Promise<void> {
  let log = '';
  child.stderr!.on('data', (chunk) => {
    log += chunk;
  });
  for (let waitedMs = 0; !log.includes('Server is ready'); waitedMs += 20) {
    if (child.exitCode !== null || waitedMs > 10_000) throw new Error(`nats-server did not start:\n${log}`);
    await sleep(20);
  }
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
