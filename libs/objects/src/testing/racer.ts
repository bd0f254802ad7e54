import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process that races against others for the same objects. */
export interface Racer {
  /** Lets the process do a task of its script; rejects where it was killed. */
  run<Answer>(task: object): Promise<Answer>;
  /** Ends it at once, whatever it does. */
  kill(): Promise<void>;
  /** Lets it come to its end. */
  end(): Promise<void>;
}

interface Waiting {
  resolve(answer: never): void;
  reject(error: Error): void;
}

/** Runs a TypeScript file that calls `answerTasks` in a process of its own, on the sources of all packages. */
export function startRacer(file: string): Racer {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=facet-source', file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const waiting = new Map<number, Waiting>();
  let tasks = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line);
    const { resolve, reject } = waiting.get(id)!;
    waiting.delete(id);
    if (error === undefined) resolve(result as never);
    else reject(new Error(error));
  });
  void exited.then(() => {
    for (const { reject } of waiting.values()) reject(new Error('the process was killed'));
  });
  // A killed process reads no more; its tasks are rejected when it has ended.
  child.stdin.on('error', () => {});
  return {
    run: (task) =>
      new Promise((resolve, reject) => {
        const id = tasks++;
        waiting.set(id, { resolve, reject });
        child.stdin.write(`${JSON.stringify({ id, task })}\n`);
      }),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async end() {
      child.stdin.end();
      await exited;
    },
  };
}

/** Starts two racers of one file. */
export function startRacers(file: string): [Racer, Racer] {
  return [startRacer(file), startRacer(file)];
}
