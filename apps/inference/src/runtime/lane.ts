import { Worker } from 'node:worker_threads';
import { FacetError } from '@facet/errors';
import type {
  KeptTensors,
  RunRequest,
  WireTensors,
  WorkerMessage,
  WorkerReply,
  WorkerRequest,
} from './session-protocol.ts';

/** A graph that can be compiled; equal keys are one session. */
export interface Variant {
  key: string;
  build(): Uint8Array;
}

/**
 * One worker thread and the sessions compiled in it. Calls are done in the order in which they were made; the thread
 * starts with the first one, and starts anew after it was lost.
 */
export interface Lane {
  /** Calls that are not answered yet. */
  readonly load: number;
  /** Sets of tensors that are kept in the thread. */
  readonly keptCount: number;
  /** Grows by one each time the thread is lost, and with it everything it kept. */
  readonly incarnation: number;
  /** Runs a graph. Inputs are copied to the thread, each with its whole buffer: give arrays, not views of large ones. */
  run(variant: Variant, request: RunRequest): Promise<WireTensors>;
  /** Stores tensors in the thread under a number for `RunRequest.kept`. */
  keep(tensors: KeptTensors): Promise<number>;
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
}

interface Pending {
  resolve(outputs: WireTensors | undefined): void;
  reject(error: FacetError): void;
}

/** Prepares a lane; no thread is started yet. */
export function createLane(options: LaneOptions): Lane {
  const pending = new Map<number, Pending>();
  const sessions = new Map<string, number>();
  let worker: Worker | undefined;
  let incarnation = 0;
  let nextId = 0;
  const keptIds = new Set<number>();

  const forget = (): void => {
    worker = undefined;
    incarnation++;
    sessions.clear();
    keptIds.clear();
  };

  const lose = (lost: Worker, cause: unknown): void => {
    if (worker !== lost) return;
    forget();
    const error = new FacetError('unavailable', 'a compute thread was lost; try again', {
      cause,
      reason: 'COMPUTE_THREAD_LOST',
    });
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  };

  const start = (): Worker => {
    const started = new Worker(new URL('../../dist/runtime/session-worker.js', import.meta.url));
    started.on('message', (reply: WorkerReply) => settle(pending, reply));
    started.on('error', (error) => lose(started, error));
    started.on('exit', (code) => lose(started, new Error(`the thread exited with code ${code}`)));
    return started;
  };

  const send = (request: WorkerRequest): Promise<WireTensors | undefined> => {
    worker ??= start();
    const id = nextId++;
    worker.postMessage({ ...request, id } satisfies WorkerMessage);
    return new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  };

  const evict = (): void => {
    const [key, session] = sessions.entries().next().value!;
    sessions.delete(key);
    void ignore(send({ op: 'release', session }));
  };

  /** The session of a variant, most recently used last; compiled when it is not there. */
  const ensure = ({ key, build }: Variant): { session: number; created: Promise<unknown> } => {
    const found = sessions.get(key);
    const session = found ?? nextId++;
    sessions.delete(key);
    sessions.set(key, session);
    if (found !== undefined) return { session, created: Promise.resolve() };
    if (sessions.size > options.maxSessions) evict();
    const created = send({ op: 'create', session, model: build(), ...options });
    created.catch(() => sessions.get(key) === session && sessions.delete(key));
    return { session, created };
  };

  return {
    get load() {
      return pending.size;
    },
    get keptCount() {
      return keptIds.size;
    },
    get incarnation() {
      return incarnation;
    },
    async run(variant, request) {
      const { session, created } = ensure(variant);
      const [, result] = await Promise.all([created, send({ op: 'run', session, ...request })]);
      return result!;
    },
    async keep(tensors) {
      const kept = nextId++;
      keptIds.add(kept);
      try {
        await send({ op: 'keep', kept, tensors });
      } catch (error) {
        keptIds.delete(kept);
        throw error;
      }
      return kept;
    },
    async drop(kept) {
      keptIds.delete(kept);
      await send({ op: 'drop', kept });
    },
    async close() {
      if (worker === undefined) return;
      const ended = worker;
      await ignore(send({ op: 'close' }));
      forget();
      await ended.terminate();
    },
  };
}

function settle(pending: Map<number, Pending>, reply: WorkerReply): void {
  const call = pending.get(reply.id);
  pending.delete(reply.id);
  if ('outputs' in reply) call?.resolve(reply.outputs);
  else call?.reject(toFacetError(reply.error));
}

function toFacetError({ message, phase }: { message: string; phase: string }): FacetError {
  const isMemory = /bad_alloc|Failed to allocate|Array buffer allocation failed|out of memory/i.test(message);
  return new FacetError(
    isMemory ? 'exhausted' : 'precondition',
    isMemory
      ? 'not enough memory to run the model; use fewer rows or shorter contexts'
      : 'the model cannot be run',
    { cause: new Error(`${phase}: ${message}`), reason: isMemory ? 'OUT_OF_MEMORY' : 'MODEL_NOT_RUNNABLE' },
  );
}

/** For calls that can only fail because the thread is lost, which every other call tells too. */
async function ignore(call: Promise<unknown>): Promise<void> {
  await call.catch(() => undefined);
}
