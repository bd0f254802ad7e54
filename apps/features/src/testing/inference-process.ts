import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../../apps/inference/dist/main.js', import.meta.url));

/** The directory of the small real model of the tests, beside the repository. */
export const MODEL = fileURLToPath(new URL('../../../../../shared/data/models/stories260K', import.meta.url));

/** Whether the model is there; tests that need it are skipped, loudly, where it is not. */
export function hasModel(): boolean {
  const found = existsSync(MODEL);
  if (!found) console.warn(`skipped: the model directory ${MODEL} is not there`);
  return found;
}

/** An inference service for tests. */
export interface InferenceProcess {
  address: string;
  stop(): Promise<void>;
}

/** Starts the real inference service, built, in a process of its own on a free port. */
export async function startInferenceProcess(): Promise<InferenceProcess> {
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, FACET_MODELS: MODEL, FACET_INFERENCE_LISTEN: '127.0.0.1:0' },
  });
  const exit = once(child, 'exit');
  let log = '';
  const ready = new Promise<string>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      log += `${line}\n`;
      if (line.includes('"msg":"serving"')) resolve(JSON.parse(line).address);
    });
  });
  const failed = exit.then(([code]) => Promise.reject(new Error(`inference ended with ${code}:\n${log}`)));
  failed.catch(() => {});
  const address = await Promise.race([ready, failed]);
  return {
    address,
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}
