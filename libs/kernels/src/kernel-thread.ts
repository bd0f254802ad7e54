import { parentPort, workerData } from 'node:worker_threads';
import { createBlockEncoder } from './block-encoder.ts';
import { bindKernels } from './kernel-memory.ts';
import { type KernelJob, takeTasks } from './kernel-tasks.ts';
import type { ThreadInput } from './kernel-threads.ts';

/** One further thread of `createKernelThreads`: it takes tasks of every job that it is told of. */
async function main({ memory, encoder }: ThreadInput): Promise<void> {
  const kernels = bindKernels(memory);
  const thread = { kernels, encoder: encoder && (await createBlockEncoder(memory.buffer, encoder)) };
  parentPort!.on('message', (job: KernelJob) => takeTasks(thread, job));
  parentPort!.postMessage('ready');
}

await main(workerData);
