import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { FacetError } from '@facet/errors';
import type { DrawnToken } from '@facet/transformer/sampling';
import type {
  KeptTensors,
  RunRequest,
  SessionWorkerData,
  WireTensors,
  WorkerMessage,
  WorkerRefusal,
  WorkerReply,
  WorkerRequest,
  WorkerResult,
} from './session-protocol.ts';

/** A graph that can be compiled; equal keys are one session. */
export interface GraphProgram {
  key: string;
  /** Whether its weights are packed for products of few rows: faster decoding, for a copy of its own. */
  isPacked: boolean;
  build(): Uint8Array;
}

/**
 * One worker thread and the sessions compiled in it. Calls are done in the order in which they were made; the
 * thread starts with the first one, and starts anew after it was lost.
 */
export interface Lane {
  /** Calls that are not answered yet. */
  readonly load: number;
  /** Sets of tensors that are kept in the thread. */
  readonly keptCount: number;
  /** Grows by one each time the thread is lost, and with it everything it kept. */
  readonly incarnation: number;
  /**
   * Runs a graph. Inputs are copied to the thread, each with its whole buffer: give arrays, not views of
   * large ones.
   */
  run(program: GraphProgram, request: RunRequest): Promise<WireTensors>;
  /** Stores tensors in the thread under a number for `RunRequest.kept`. */
  keep(tensors: KeptTensors): Promise<number>;
  /** Draws the next tokens of rows that have samplers, from the logits of the run before. */
  draw(kept: number, rows: readonly number[]): Promise<readonly DrawnToken[]>;
  drop(kept: number): Promise<void>;
  close(): Promise<void>;
}

export interface LaneOptions {
  /** Folder of the weight files. */
  folder: string;
  /** Threads of each session. */
  threads: number;
  /** Most sessions kept; the least recently used is released. */
  maxSessions: number;
  /** Longest time that the thread may take to answer; then it is lost, milliseconds. */
  maxRunMs: number;
}

/** Prepares a lane; no thread is started yet. */
export function createLane(options: LaneOptions): Lane {
  return new WorkerLane(options);
}

interface Pending {
  resolve(result: WorkerResult): void;
  reject(error: FacetError): void;
}

/**
 * A lane lives as long as its thread; a lost thread is replaced by the next call. An idle thread does not
 * keep the process alive.
 */
class WorkerLane implements Lane {
  readonly #options: LaneOptions;
  readonly #pending = new Map<number, Pending>();
  /** Program key -> session, the last used last. */
  readonly #sessions = new Map<string, number>();
  readonly #kept = new Set<number>();
  #worker: Worker | undefined;
  /** Threads that were lost because they did not answer, and do not know it yet. */
  readonly #late = new Set<Worker>();
  /** [1], shared with the thread: 1 tells it to leave out what it has not begun. */
  #givenUp = new Int32Array(new SharedArrayBuffer(4));
  #overdue: NodeJS.Timeout | undefined;
  #incarnation = 0;
  #nextId = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  get load(): number {
    return this.#pending.size;
  }

  get keptCount(): number {
    return this.#kept.size;
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  async run(program: GraphProgram, request: RunRequest): Promise<WireTensors> {
    const { session, created } = this.#ensureSession(program);
    const [, { outputs }] = await Promise.all([created, this.#send({ op: 'run', session, ...request })]);
    return outputs!;
  }

  async keep(tensors: KeptTensors): Promise<number> {
    const kept = this.#nextId++;
    this.#kept.add(kept);
    try {
      await this.#send({ op: 'keep', kept, tensors });
    } catch (error) {
      this.#kept.delete(kept);
      throw error;
    }
    return kept;
  }

  async draw(kept: number, rows: readonly number[]): Promise<readonly DrawnToken[]> {
    const { drawn } = await this.#send({ op: 'draw', kept, rows });
    return drawn!;
  }

  async drop(kept: number): Promise<void> {
    this.#kept.delete(kept);
    await this.#send({ op: 'drop', kept });
  }

  async close(): Promise<void> {
    await this.#lateThreadsEnd();
    const worker = this.#worker;
    if (worker === undefined) return;
    await ignoreLoss(this.#send({ op: 'close' }));
    this.#forget();
    await worker.terminate();
  }

  /** Finds the session of a program or has it compiled; the call that needs it may follow at once. */
  #ensureSession({ key, isPacked, build }: GraphProgram): { session: number; created: Promise<unknown> } {
    const found = this.#sessions.get(key);
    const session = found ?? this.#nextId++;
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (found !== undefined) return { session, created: Promise.resolve() };
    if (this.#sessions.size > this.#options.maxSessions) this.#releaseOldest();
    const { folder, threads } = this.#options;
    const created = this.#send({ op: 'create', session, model: build(), folder, threads, isPacked });
    created.catch(() => this.#sessions.get(key) === session && this.#sessions.delete(key));
    return { session, created };
  }

  #releaseOldest(): void {
    const [key, session] = this.#sessions.entries().next().value!;
    this.#sessions.delete(key);
    void ignoreLoss(this.#send({ op: 'release', session }));
  }

  #send(request: WorkerRequest): Promise<WorkerResult> {
    this.#worker ??= this.#start();
    const id = this.#nextId++;
    this.#worker.ref();
    this.#worker.postMessage({ ...request, id } satisfies WorkerMessage);
    if (this.#pending.size === 0) this.#expectAnswer(this.#worker);
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
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
    this.#incarnation++;
    this.#sessions.clear();
    this.#kept.clear();
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

function toFacetError({ message, phase }: { message: string; phase: string }): FacetError {
  const cause = new Error(`${phase}: ${message}`);
  const metadata = { phase, cause: brief(message) };
  if (OUT_OF_MEMORY.test(message))
    return new FacetError(
      'exhausted',
      'not enough memory to run the model; use fewer rows or shorter contexts',
      { cause, metadata, reason: 'OUT_OF_MEMORY' },
    );
  if (NEVER_RUNNABLE.test(message))
    return new FacetError('precondition', 'the model cannot be run; the log of inference says why', {
      cause,
      metadata,
      reason: 'MODEL_NOT_RUNNABLE',
    });
  return new FacetError('unavailable', 'the model could not be run now; try again', {
    cause,
    metadata,
    reason: 'MODEL_RUN_FAILED',
  });
}

/** How long closing waits for threads that were given up. */
const MAX_LATE_MS = 30_000;

const OUT_OF_MEMORY = /bad_alloc|Failed to allocate|Array buffer allocation failed|out of memory/i;
/** What ONNX Runtime says of graphs and inputs that no repetition mends; all else (files, threads) may pass. */
const NEVER_RUNNABLE =
  /protobuf parsing|invalid model|invalid graph|Type ?Error|ShapeInference|not implemented|could not find an implementation|no op registered|invalid (rank|dimension|argument|feed|input)|non-zero status code/i;
/** Characters of ONNX Runtime's message that a caller is told. */
const MAX_CAUSE_CHARS = 240;

/** The first line of a message, with the names of files but not where they lie. */
function brief(message: string): string {
  return message
    .split('\n')[0]!
    .replace(/(?:\/[^\s/:'"]+)+\/(?=[^\s/:'"])/g, '')
    .slice(0, MAX_CAUSE_CHARS);
}

/** For calls that can only fail because the thread is lost, which every other call tells too. */
async function ignoreLoss(call: Promise<unknown>): Promise<void> {
  await call.catch(() => undefined);
}
