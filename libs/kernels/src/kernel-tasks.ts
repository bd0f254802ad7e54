import type { BlockEncoder, BlockTask } from './block-encoder.ts';
import type { KernelExports } from './kernel-exports.ts';

/** A kernel and its arguments, on the shared memory. */
export type KernelCall = readonly [kernel: keyof KernelExports, ...args: number[]];

/** Calls that one thread makes one after the other. */
export type KernelTask = readonly KernelCall[];

/** Work that threads share: each takes the next task that nobody has taken, until there are none. */
export type KernelJob = {
  /** Int32 [TAKEN, DONE]: how many tasks have been taken, and how many are done. */
  progress: SharedArrayBuffer;
} & (
  | {
      kind: 'kernels';
      tasks: readonly KernelTask[];
      /** Float64 [tasks]: the sum of what each task's calls return. */
      results: SharedArrayBuffer;
    }
  | { kind: 'encode'; tasks: readonly BlockTask[]; encoder: { W: number; bias: number } }
);

/** Places in `progress`. */
const TAKEN = 0;
const DONE = 1;

/** What one thread works with. */
export interface TaskThread {
  kernels: KernelExports;
  encoder?: BlockEncoder | undefined;
}

/** Makes room to count the tasks of a job. */
export const createProgress = (): SharedArrayBuffer => new SharedArrayBuffer(8);

/** Takes tasks of the job until none are left; others may still be at work on theirs. */
export async function takeTasks(thread: TaskThread, job: KernelJob): Promise<void> {
  const progress = new Int32Array(job.progress);
  let loaded = false;
  for (;;) {
    const at = Atomics.add(progress, TAKEN, 1);
    if (at >= job.tasks.length) return;
    if (job.kind === 'kernels') {
      new Float64Array(job.results)[at] = callKernels(thread.kernels, job.tasks[at]);
    } else {
      if (!loaded) thread.encoder!.load(job.encoder);
      loaded = true;
      await thread.encoder!.encode(job.tasks[at]);
    }
    Atomics.add(progress, DONE, 1);
    Atomics.notify(progress, DONE);
  }
}

/** Lets nobody take a task any more: those that were not taken count as done, with the caller's own, which failed. */
export function dropTasks({ tasks, progress: shared }: KernelJob): void {
  const progress = new Int32Array(shared);
  const taken = Math.min(Atomics.exchange(progress, TAKEN, tasks.length), tasks.length);
  Atomics.add(progress, DONE, tasks.length - taken + 1);
}

/** Waits at most `timeoutMs` until all tasks are done, blocking the thread; tells whether they are. */
export function waitForTasks(job: KernelJob, timeoutMs: number): boolean {
  const progress = new Int32Array(job.progress);
  const end = performance.now() + timeoutMs;
  for (;;) {
    const done = Atomics.load(progress, DONE);
    if (done === job.tasks.length) return true;
    const left = end - performance.now();
    if (left <= 0) return false;
    Atomics.wait(progress, DONE, done, left);
  }
}

function callKernels(kernels: KernelExports, task: KernelTask): number {
  let sum = 0;
  for (const [kernel, ...args] of task) {
    const call = kernels[kernel] as (...args: number[]) => number | undefined;
    sum += call(...args) ?? 0;
  }
  return sum;
}
