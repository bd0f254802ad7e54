import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

/** A child process that has said it is ready; ended by its own pid. */
export interface RunningProcess<T> {
  readonly pid: number;
  /** What the ready line said. */
  readonly ready: T;
  /** Every line written so far to standard output and standard error. */
  readonly lines: readonly string[];
  /** Resolves with the first line, past or future, for which `match` gives a value. */
  line<V>(match: (line: string) => V | undefined): Promise<V>;
  /** Sends a signal and resolves with the exit code (null: ended by the signal). */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface ProcessCommand {
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** @default 120000 */
  timeoutMs?: number;
}

export interface ProcessOptions<T> extends ProcessCommand {
  /** Reads the ready line; undefined for every other line. */
  readyWhen: (line: string) => T | undefined;
}

const DEFAULT_TIMEOUT_MS = 120_000;

/** Starts a process and waits until it says that it is ready; its output goes into the error when it does not. */
export async function startProcess<T>(options: ProcessOptions<T>): Promise<RunningProcess<T>> {
  const { command, args, readyWhen, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const child = spawnBare(options);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const lines: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      for (const watcher of watchers) watcher(line);
    });
  }
  const line = <V>(match: (line: string) => V | undefined) => firstMatch(lines, watchers, match);
  const failed = failure(child, { name: args[0] ?? command, lines, exited, timeoutMs });
  const ready = await Promise.race([line(readyWhen), failed.promise]).finally(failed.dispose);
  return {
    pid: child.pid!,
    ready,
    lines,
    line,
    end: (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return exited;
    },
  };
}

/** How a process ended that was not expected to serve. */
export interface ProcessEnd {
  /** Null: it had to be killed. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** Runs a process to its end; one that goes on after `timeoutMs` is killed. */
export async function runProcess(options: ProcessCommand): Promise<ProcessEnd> {
  const startedMs = performance.now();
  const child = spawnBare(options);
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  const [exitCode] = (await closed) as [number | null];
  clearTimeout(timer);
  return { exitCode, stdout, stderr, seconds: (performance.now() - startedMs) / 1000 };
}

function spawnBare({ command, args, env = {} }: ProcessCommand): ChildProcess {
  return spawn(command, args, {
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The environment without any setting of Facet or NATS, so that a test decides alone. */
function bareEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(FACET_|NATS_|CLICKHOUSE_)/.test(name)),
  );
}

function firstMatch<V>(
  lines: readonly string[],
  watchers: Set<(line: string) => void>,
  match: (line: string) => V | undefined,
): Promise<V> {
  for (const line of lines) {
    const value = match(line);
    if (value !== undefined) return Promise.resolve(value);
  }
  return new Promise((resolve) => {
    const watcher = (line: string) => {
      const value = match(line);
      if (value === undefined) return;
      watchers.delete(watcher);
      resolve(value);
    };
    watchers.add(watcher);
  });
}

interface FailureOptions {
  name: string;
  lines: readonly string[];
  exited: Promise<number | null>;
  timeoutMs: number;
}

function failure(child: ChildProcess, { name, lines, exited, timeoutMs }: FailureOptions) {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_, reject) => {
    const fail = (what: string) => reject(new Error(`${name} ${what}:\n${lines.slice(-20).join('\n')}`));
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`was not ready after ${timeoutMs} ms`);
    }, timeoutMs);
    void exited.then((code) => fail(`ended with ${code} before it was ready`));
    child.once('error', (error) => fail(`could not be started (${error.message})`));
  });
  promise.catch(() => {});
  return { promise, dispose: () => clearTimeout(timer) };
}
