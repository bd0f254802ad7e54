import type { DrawnToken } from '@facet/transformer/sampling';
import type { MemoryAccount, MemoryHold } from '../memory/memory-budget.ts';
import { type ComputeThread, createComputeThread } from './compute-thread.ts';
import type { KeptTensors, RunRequest, WireTensors } from './session-protocol.ts';

/** A graph that can be compiled; equal keys are one session. */
export interface GraphProgram {
  key: string;
  /** Whether its weights are packed for products of few rows: faster decoding, for a copy of its own. */
  isPacked: boolean;
  build(): Uint8Array;
  /** What its session holds. @default nothing of account */
  memory?: ProgramMemory;
}

export interface ProgramMemory {
  /** Bytes of its packed copy of weights; 0 where it reads the mapped ones. */
  packedBytes: number;
  /** Bytes between the inputs and the outputs of a run, as far as they can be told. */
  workBytes(feeds: WireTensors): number;
}

/** One compute thread and the sessions compiled in it. Calls are done in the order in which they were made. */
export interface Lane {
  /** Calls that are not answered yet. */
  readonly load: number;
  /** Sets of tensors that are kept in the thread. */
  readonly keptCount: number;
  /** Whether a program is compiled here, or about to be. */
  holds(program: Pick<GraphProgram, 'key'>): boolean;
  /** Grows by one each time the thread is lost, and with it everything it kept. */
  readonly incarnation: number;
  /**
   * Runs a graph. Inputs are copied to the thread, each with its whole buffer: give arrays, not views of
   * large ones. What does not fit the budget is `exhausted`.
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
  /**
   * Most sessions kept, whatever the budget says; the least recently used is released. Each maps every weight by itself,
   * and the system allows a process 65,530 maps.
   */
  maxSessions: number;
  /** Longest time that the thread may take to answer; then it is lost, milliseconds. */
  maxRunMs: number;
  /** Where the bytes of sessions are held; sessions that are not used go when others need them. */
  memory: MemoryAccount;
}

/** Prepares a lane; no thread is started yet. */
export function createLane(options: LaneOptions): Lane {
  return new ThreadLane(options);
}

/** A compiled program and the memory that is held for it. */
interface Session {
  number: number;
  created: Promise<unknown>;
  /** Bytes that are held for it. */
  bytes: number;
  hold: MemoryHold;
}

/** What a thread of Node with ONNX Runtime in it holds before any session, measured. */
const THREAD_BYTES = 12 * 1024 ** 2;

/** What the tables of a session hold: its graph, and the pages of its maps. */
const SESSION_BYTES = 2 * 1024 ** 2;

/** ONNX Runtime's arenas grow by doubling, and keep what they have grown to. */
const ARENA_SHARE = 2;

class ThreadLane implements Lane {
  readonly #options: LaneOptions;
  readonly #thread: ComputeThread;
  /** Program key -> session, the last used last. */
  readonly #sessions = new Map<string, Session>();
  readonly #kept = new Set<number>();
  #threadHold: MemoryHold | undefined;
  #incarnation = 0;
  #nextNumber = 0;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#thread = createComputeThread({ maxRunMs: options.maxRunMs, onGone: () => this.#forget() });
  }

  get load(): number {
    return this.#thread.load;
  }

  get keptCount(): number {
    return this.#kept.size;
  }

  get incarnation(): number {
    return this.#incarnation;
  }

  holds({ key }: Pick<GraphProgram, 'key'>): boolean {
    return this.#sessions.has(key);
  }

  async run(program: GraphProgram, request: RunRequest): Promise<WireTensors> {
    this.#holdThread();
    const { number, created } = this.#ensureSession(program, request.feeds);
    const run = this.#thread.send({ op: 'run', session: number, ...request });
    const [, { outputs }] = await Promise.all([created, run]);
    return outputs!;
  }

  async keep(tensors: KeptTensors): Promise<number> {
    this.#holdThread();
    const kept = this.#nextNumber++;
    this.#kept.add(kept);
    try {
      await this.#thread.send({ op: 'keep', kept, tensors });
    } catch (error) {
      this.#kept.delete(kept);
      throw error;
    }
    return kept;
  }

  async draw(kept: number, rows: readonly number[]): Promise<readonly DrawnToken[]> {
    const { drawn } = await this.#thread.send({ op: 'draw', kept, rows });
    return drawn!;
  }

  async drop(kept: number): Promise<void> {
    this.#kept.delete(kept);
    await this.#thread.send({ op: 'drop', kept });
  }

  async close(): Promise<void> {
    await this.#thread.close();
    this.#forget();
  }

  /** Finds the session of a program or has it compiled; the call that needs it may follow at once. */
  #ensureSession(program: GraphProgram, feeds: WireTensors): Session {
    const { key, memory } = program;
    const wanted = sessionBytes(memory, feeds);
    const session = this.#sessions.get(key) ?? this.#createSession(program, wanted);
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    session.hold.touch();
    if (wanted > session.bytes) this.#grow(program, session, wanted);
    return session;
  }

  #createSession(program: GraphProgram, bytes: number): Session {
    const { key, isPacked, build } = program;
    if (this.#sessions.size >= this.#options.maxSessions) this.#release(this.#sessions.keys().next().value!);
    const hold = this.#hold(program, bytes);
    const number = this.#nextNumber++;
    const { folder, threads } = this.#options;
    const model = build();
    const created = this.#thread.send({ op: 'create', session: number, model, folder, threads, isPacked });
    const session = { number, created, bytes, hold };
    created.catch(() => this.#sessions.get(key) === session && this.#drop(key));
    return session;
  }

  /** Holds more for a session, which is never given up for itself; where that does not fit, it keeps what it has. */
  #grow(program: GraphProgram, session: Session, bytes: number): void {
    session.hold.free();
    try {
      session.hold = this.#hold(program, bytes);
      session.bytes = bytes;
    } catch (error) {
      session.hold = this.#hold(program, session.bytes);
      throw error;
    }
  }

  #hold({ key, memory }: GraphProgram, bytes: number): MemoryHold {
    const purpose = (memory?.packedBytes ?? 0) > 0 ? 'packed weights' : 'sessions';
    return this.#options.memory.hold({ purpose, bytes, release: () => this.#release(key) });
  }

  /** Calls that were made before still find the session: the thread does them first. */
  #release(key: string): void {
    const session = this.#drop(key);
    if (session === undefined) return;
    // It can only fail because the thread is lost, which every other call tells too.
    this.#thread.send({ op: 'release', session: session.number }).catch(() => undefined);
  }

  #drop(key: string): Session | undefined {
    const session = this.#sessions.get(key);
    this.#sessions.delete(key);
    session?.hold.free();
    return session;
  }

  #holdThread(): void {
    this.#threadHold ??= this.#options.memory.hold({ purpose: 'sessions', bytes: THREAD_BYTES });
  }

  #forget(): void {
    this.#incarnation++;
    for (const key of [...this.#sessions.keys()]) this.#drop(key);
    this.#kept.clear();
    this.#threadHold?.free();
    this.#threadHold = undefined;
  }
}

function sessionBytes(memory: ProgramMemory | undefined, feeds: WireTensors): number {
  if (memory === undefined) return SESSION_BYTES;
  return SESSION_BYTES + memory.packedBytes + ARENA_SHARE * memory.workBytes(feeds);
}
