import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { FacetError } from '@facet/errors';
import {
  type BlockEncoder,
  type BlockEncoderSizes,
  type BlockTask,
  createBlockEncoder,
} from './block-encoder.ts';
import { throwIfCancelled } from './cancelled.ts';
import type { KernelMemory } from './kernel-memory.ts';
import {
  createProgress,
  dropTasks,
  type KernelJob,
  type KernelTask,
  takeTasks,
  waitForTasks,
} from './kernel-tasks.ts';

export interface KernelThreadsOptions {
  /** Shared where there is more than one thread or an encoder. */
  memory: KernelMemory;
  /** Threads, the caller's included. */
  count: number;
  /** What every thread needs to encode blocks; absent where none will be. */
  encoder?: BlockEncoderSizes | undefined;
  /** Once it has aborted, calls throw `cancelled`, also those under way: before their next block. */
  signal?: AbortSignal | undefined;
}

/**
 * Threads over one memory. Tasks of a call may be done in any order and at the same time: none may read what
 * another writes. What they compute does not depend on how many threads there are.
 */
export interface KernelThreads {
  /** Does all tasks; gives the sum of what the calls of each return, in the order of the tasks. */
  run(tasks: readonly KernelTask[]): Promise<Float64Array>;
  /** Encodes all blocks with the encoder as it lies in the shared memory. */
  encode(encoder: { W: number; bias: number }, tasks: readonly BlockTask[]): Promise<void>;
  /** The caller's own encoder. */
  readonly encoder: BlockEncoder | undefined;
  close(): Promise<void>;
}

/** What a further thread is given. */
export interface ThreadInput {
  memory: WebAssembly.Memory;
  encoder: BlockEncoderSizes | undefined;
}

/** What a further thread takes besides the memory it is given: JavaScript and ONNX Runtime, 12 to 13 MiB when measured. */
export const THREAD_BYTES = 14 << 20;

/** After this long the caller looks whether another thread was lost. */
const LOOK_MS = 1000;

/** Starts the further threads; the caller's works too, whenever it is called. */
export async function createKernelThreads(options: KernelThreadsOptions): Promise<KernelThreads> {
  const { memory, count, encoder: sizes, signal } = options;
  const encoder = sizes && (await createBlockEncoder(memory.memory.buffer, sizes, signal));
  const workers = await startWorkers({ memory: memory.memory, encoder: sizes }, count - 1);
  const thread = { kernels: memory.kernels, encoder };
  const work = async (job: KernelJob) => {
    throwIfCancelled(signal);
    if (job.tasks.length > 1) for (const { worker } of workers) worker.postMessage(job);
    try {
      await takeTasks(thread, job);
    } catch (error) {
      // Whoever closes the threads now must not meet them at work.
      dropTasks(job);
      await allDone(job, workers).catch(() => undefined);
      throw error;
    }
    await allDone(job, workers);
    throwIfCancelled(signal);
  };
  return {
    encoder,
    async run(tasks) {
      const results = new SharedArrayBuffer(8 * tasks.length);
      await work({ kind: 'kernels', tasks, results, progress: createProgress() });
      return new Float64Array(results);
    },
    encode: (W, tasks) => work({ kind: 'encode', tasks, encoder: W, progress: createProgress() }),
    async close() {
      await encoder?.close();
      await Promise.all(workers.map(({ worker }) => worker.terminate()));
    },
  };
}

/** Waits until all tasks are done; throws where a thread was lost that had taken one. */
async function allDone(job: KernelJob, workers: readonly FurtherThread[]): Promise<void> {
  while (!waitForTasks(job, LOOK_MS)) {
    await turn();
    const lost = workers.find(({ error }) => error !== undefined);
    if (lost) throw threadLost(lost.error);
  }
}

interface FurtherThread {
  worker: Worker;
  /** Why it ended. */
  error?: unknown;
}

/** Starts threads and waits until they are ready; those that idle do not keep the process alive. */
async function startWorkers(input: ThreadInput, count: number): Promise<FurtherThread[]> {
  const threads = Array.from({ length: count }, () => startWorker(input));
  await Promise.all(
    threads.map(
      ({ worker }) => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)),
    ),
  );
  for (const { worker } of threads) worker.unref();
  return threads;
}

function startWorker(input: ThreadInput): FurtherThread {
  // The compiled file, also where this one runs from source: without the loaders and conditions of that.
  const file = new URL('../dist/kernel-thread.js', import.meta.url);
  const thread: FurtherThread = { worker: new Worker(file, { workerData: input, execArgv: [] }) };
  thread.worker.on('error', (error) => {
    thread.error = error;
  });
  thread.worker.on('exit', (code) => {
    thread.error ??= new Error(`it ended with code ${code}`);
  });
  return thread;
}

function threadLost(cause: unknown): FacetError {
  return new FacetError('unavailable', 'a thread of the training engine was lost; resume the run', {
    cause,
    reason: 'COMPUTE_THREAD_LOST',
  });
}
