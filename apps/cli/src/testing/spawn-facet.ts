import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** A `facet` process of a test. */
export interface SpawnedFacet {
  readonly pid: number;
  /** Resolves with the match when `pattern` appears on either stream; fails when the process ends before. */
  saying(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the process has ended. */
  readonly ended: Promise<FacetEnd>;
}

export interface FacetEnd {
  /** As a shell would see it: 128 and the signal's number for a process that a signal ended. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the built command with the arguments given; colours off, no addresses from outside. */
export function spawnFacet(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): SpawnedFacet {
  const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
  const outside = Object.entries(process.env).filter(([name]) => !/^(FACET_|NATS_|CLICKHOUSE_)/.test(name));
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...Object.fromEntries(outside), NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
    });
  }
  const ended = once(child, 'close').then((end): FacetEnd => {
    const [code, signal] = end as [number | null, NodeJS.Signals | null];
    return { exitCode: signal === null ? code : 128 + constants.signals[signal], ...written };
  });
  return {
    pid: child.pid!,
    saying: (pattern) => waitFor(child, written, pattern),
    kill: (signal) => child.kill(signal),
    ended,
  };
}

function waitFor(
  child: ChildProcess,
  written: Readonly<{ stdout: string; stderr: string }>,
  pattern: RegExp,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const streams = [child.stdout, child.stderr];
    const settle = (how: () => void) => {
      for (const stream of streams) stream?.off('data', look);
      child.off('close', end);
      how();
    };
    const end = () =>
      settle(() => reject(new Error(`the process ended without saying ${pattern}:\n${written.stderr}`)));
    const look = () => {
      const match = pattern.exec(written.stderr) ?? pattern.exec(written.stdout);
      if (match !== null) settle(() => resolve(match));
    };
    for (const stream of streams) stream?.on('data', look);
    child.on('close', end);
    look();
  });
}
