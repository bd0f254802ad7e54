import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A child process that is ready; ended by its own pid. */
export interface ReadyProcess {
  /** What the ready line said. */
  readonly ready: string;
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a process and waits for the line from which `readyWhen` reads something. */
export async function startProcess(
  command: string,
  args: readonly string[],
  { env = {}, readyWhen }: { env?: Record<string, string>; readyWhen: (line: string) => string | undefined },
): Promise<ReadyProcess> {
  const child = spawn(command, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines: string[] = [];
  const ready = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        const value = readyWhen(line);
        if (value !== undefined) resolve(value);
      });
    child.once('error', reject);
    void exited.then(() => reject(new Error(`${command} ${args[0]} ended early:\n${lines.join('\n')}`)));
  });
  return {
    ready,
    end: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await exited;
    },
  };
}

/** Starts a built app of this repository on a free port; its address is what it is ready with. */
export function startApp(app: 'inference' | 'capture', env: Record<string, string>): Promise<ReadyProcess> {
  const main = new URL(`../../../${app}/dist/main.js`, import.meta.url).pathname;
  return startProcess(process.execPath, [main], {
    env: { ...env, [`FACET_${app.toUpperCase()}_LISTEN`]: '127.0.0.1:0' },
    readyWhen: (line) => (line.includes('"msg":"serving"') ? JSON.parse(line).address : undefined),
  });
}

/** Starts a NATS server that keeps its streams in `folder`; ready with its URL. */
export function startNats(folder: string): Promise<ReadyProcess> {
  return startProcess('nats-server', ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', '-1'], {
    readyWhen: (line) => {
      const address = /Listening for client connections on (\S+)/.exec(line)?.[1];
      return address && `nats://${address}`;
    },
  });
}
