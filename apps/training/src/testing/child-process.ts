import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A child process that is ready; ended by its own pid. */
export interface ReadyProcess {
  /** What the ready line said. */
  readonly ready: string;
  end(signal?: NodeJS.Signals): Promise<void>;
}

interface ProcessOptions {
  env?: Readonly<Record<string, string>>;
  /** Reads from the ready line what the process is ready with. */
  readyWhen: (line: string) => string | undefined;
}

/** Starts the built service on a free port; ready with its address. */
export function startTrainingProcess(env: Readonly<Record<string, string>>): Promise<ReadyProcess> {
  const main = new URL('../../dist/main.js', import.meta.url).pathname;
  return startProcess(process.execPath, [main], {
    env: { ...env, FACET_TRAINING_LISTEN: '127.0.0.1:0', FACET_TRAINING_THREADS: '1' },
    readyWhen: (line) => (line.includes('"msg":"serving"') ? JSON.parse(line).address : undefined),
  });
}

/** Starts the built inference service with the model in `directory`; ready with its address. */
export function startInferenceProcess(directory: string): Promise<ReadyProcess> {
  const main = new URL('../../../inference/dist/main.js', import.meta.url).pathname;
  return startProcess(process.execPath, [main], {
    env: { FACET_MODELS: `m=${directory}`, FACET_INFERENCE_LISTEN: '127.0.0.1:0' },
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

async function startProcess(
  command: string,
  args: readonly string[],
  { env = {}, readyWhen }: ProcessOptions,
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
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      await exited;
    },
  };
}
