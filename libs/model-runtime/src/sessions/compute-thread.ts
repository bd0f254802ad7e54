import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { FacetError } from '@facet/errors';
import { toFacetError } from './session-errors.ts';
import type {
  SessionWorkerData,
  WorkerMessage,
  WorkerRefusal,
  WorkerReply,
  WorkerRequest,
  WorkerResult,
} from './session-protocol.ts';

/**
 * A worker thread that hosts sessions, and the calls that it owes. Calls are done in the order in which they were made; the
 * thread starts with the first one, and starts anew after it was lost or closed. An idle one does not keep the process alive.
 */
export interface ComputeThread {
  /** Calls that are not answered yet. */
  readonly load: number;
  send(request: WorkerRequest): Promise<WorkerResult>;
  /** Ends the thread after the calls that were made. */
  close(): Promise<void>;
}

export interface ComputeThreadOptions {
  /** Longest time that the thread may take to answer; then it is lost, milliseconds. */
  maxRunMs: number;
  /** Hears that the thread is gone, and with it everything it held; before the calls that it owed fail. */
  onGone(): void;
}

/** Prepares a thread; it is not started yet. */
export function createComputeThread(options: ComputeThreadOptions): ComputeThread {
  return new WorkerThread(options);
}

interface Pending {
  resolve(result: WorkerResult): void;
  reject(error: FacetError): void;
}

class WorkerThread implements ComputeThread {
  readonly #options: ComputeThreadOptions;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  /** Threads that were lost because they did not answer, and do not know it yet. */
  readonly #late = new Set<Worker>();
  /** [1], shared with the thread: 1 tells it to leave out what it has not begun. */
  #givenUp = new Int32Array(new SharedArrayBuffer(4));
  #overdue: NodeJS.Timeout | undefined;
  #nextId = 0;

  constructor(options: ComputeThreadOptions) {
    this.#options = options;
  }

  get load(): number {
    return this.#pending.size;
  }

  send(request: WorkerRequest): Promise<WorkerResult> {
    this.#worker ??= this.#start();
    const id = this.#nextId++;
    this.#worker.ref();
    this.#worker.postMessage({ ...request, id } satisfies WorkerMessage);
    if (this.#pending.size === 0) this.#expectAnswer(this.#worker);
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  async close(): Promise<void> {
    await this.#lateThreadsEnd();
    const worker = this.#worker;
    if (worker === undefined) return;
    await this.send({ op: 'close' }).catch(() => undefined);
    this.#forget();
    await worker.terminate();
  }

  #start(): Worker {
    this.#givenUp = new Int32Array(new SharedArrayBuffer(4));
    const workerData: SessionWorkerData = { givenUp: this.#givenUp };
    const worker = new Worker(new URL('../../dist/sessions/session-worker.js', import.meta.url), {
      workerData,
      // The thread runs what was built, also where this process runs sources.
      execArgv: [],
    });
    worker.on('message', (reply: WorkerReply) => {
      if (worker !== this.#worker) return;
      settle(this.#pending, reply);
      if (this.#pending.size > 0) return this.#expectAnswer(worker);
      clearTimeout(this.#overdue);
      worker.unref();
    });
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#lose(worker, new Error(`the thread exited with code ${code}`)));
    return worker;
  }

  /** Loses the thread when it does not answer the call it is at in time; a call that hangs is nobody's to wait for. */
  #expectAnswer(worker: Worker): void {
    const { maxRunMs } = this.#options;
    clearTimeout(this.#overdue);
    this.#overdue = setTimeout(() => {
      this.#giveUp(worker);
      this.#lose(worker, new Error(`the thread has not answered for ${maxRunMs} ms`));
    }, maxRunMs);
    this.#overdue.unref();
  }

  /** Lets a thread end after the call that it is at: ending it while ONNX Runtime runs would abort the process. */
  #giveUp(worker: Worker): void {
    this.#late.add(worker);
    worker.once('exit', () => this.#late.delete(worker));
    Atomics.store(this.#givenUp, 0, 1);
    worker.postMessage({ op: 'close', id: this.#nextId++ } satisfies WorkerMessage);
    worker.unref();
  }

  async #lateThreadsEnd(): Promise<void> {
    const ends = [...this.#late].map((worker) => once(worker, 'exit'));
    if (ends.length > 0)
      await Promise.race([Promise.all(ends), sleep(MAX_LATE_MS, undefined, { ref: false })]);
  }

  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#forget();
    const error = new FacetError('unavailable', 'a compute thread was lost; try again', {
      cause,
      reason: 'COMPUTE_THREAD_LOST',
    });
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  #forget(): void {
    clearTimeout(this.#overdue);
    this.#worker = undefined;
    this.#options.onGone();
  }
}

function settle(pending: Map<number, Pending>, reply: WorkerReply): void {
  const call = pending.get(reply.id);
  pending.delete(reply.id);
  if ('error' in reply) call?.reject(toFacetError(reply.error));
  else if ('refusal' in reply) call?.reject(refusalError(reply.refusal));
  else call?.resolve(reply);
}

function refusalError({ kind, message, options }: WorkerRefusal): FacetError {
  return new FacetError(kind, message, options);
}

/** How long closing waits for threads that were given up. */
const MAX_LATE_MS = 30_000;
