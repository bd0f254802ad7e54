import { FacetError } from '@facet/errors';
import { createTurnstile, type ServedCallContext } from '@facet/mesh';

/**
 * Shares the model among requests. A request is admitted first: at most `active` requests hold a place, at most
 * `waiting` wait for one in order of arrival, more are refused with `exhausted`. An admitted request does its work in
 * steps (a batch, a decode step); steps run in order of arrival, `steps` at once. A request asks for its next step when
 * the last one is done, so that requests take turns and a long one delays a short one by single steps only.
 *
 * A place belongs to a request only while it makes progress: it is free as soon as the request's signal aborts, and while
 * others wait, the request whose caller is `readerMs` behind in reading or sending is ended.
 */
export interface Scheduler {
  /** Waits for a place; throws `exhausted` when too many wait, `cancelled` when the caller's signal aborts. */
  admit(caller: Caller): Promise<Admission>;
  /** How many requests hold a place and wait for one, and how many steps have run. */
  load(): SchedulerLoad;
  /** Throws when requests wait although no step has ended for `stallMs`. */
  requireProgress(): void;
}

/** Who asks for a place: the context of a served call. */
export type Caller = Pick<ServedCallContext, 'readerLagMs' | 'end'> & { signal: AbortSignal };

/** A request's place. */
export interface Admission {
  /** Runs one step of model work when it is this request's turn. */
  step<T>(work: () => Promise<T>): Promise<T>;
  /** Gives the place back; calling it again does nothing. */
  leave(): void;
}

/** A request at work: its place, how much it may do in one step, and the signal that ends it. */
export interface ModelTurn {
  admission: Admission;
  /** Tokens of one step, padding included. */
  batchTokens: number;
  signal: AbortSignal;
}

export interface SchedulerLoad {
  active: number;
  waiting: number;
  stepsRun: number;
}

export interface SchedulerLimits {
  steps: number;
  active: number;
  waiting: number;
  /** Most that the caller of a request with a place may be behind in reading while others wait, milliseconds. */
  readerMs: number;
  /** Longest time without the end of a step while requests wait, milliseconds. */
  stallMs: number;
}

/** Creates a scheduler with its limits. */
export function createScheduler(limits: SchedulerLimits): Scheduler {
  const place = 'the model';
  const places = createTurnstile({ capacity: limits.active, maxWaiting: limits.waiting, place });
  const steps = createTurnstile({ capacity: limits.steps, maxWaiting: Number.POSITIVE_INFINITY, place });
  const progress = createProgress();
  const holders = new Set<Caller>();
  const isWaiting = () => places.waiting() > 0;
  const sweep = createSweep(isWaiting, () => endSlowest(holders, limits.readerMs));
  let stepsRun = 0;

  const take = async (caller: Caller): Promise<() => void> => {
    const entering = places.enter(caller.signal);
    sweep.start();
    const leave = await entering;
    holders.add(caller);
    return () => {
      holders.delete(caller);
      leave();
    };
  };
  return {
    async admit(caller) {
      const { signal } = caller;
      progress.begin();
      const leave = await take(caller).finally(progress.end);
      // Whatever becomes of the request itself: its handler may wait for something that never comes.
      if (signal.aborted) leave();
      signal.addEventListener('abort', leave, { once: true });
      return {
        leave() {
          signal.removeEventListener('abort', leave);
          leave();
        },
        async step(work) {
          progress.begin();
          try {
            const done = await steps.enter(signal);
            stepsRun++;
            return await finish(work, () => {
              done();
              progress.step();
            });
          } finally {
            progress.end();
          }
        },
      };
    },
    load: () => ({ active: places.inside(), waiting: places.waiting(), stepsRun }),
    requireProgress() {
      const { waiting, stalledMs } = progress.state();
      if (waiting > 0 && stalledMs >= limits.stallMs) throw stalled(waiting, stalledMs);
    },
  };
}

async function finish<T>(work: () => Promise<T>, done: () => void): Promise<T> {
  try {
    return await work();
  } finally {
    done();
  }
}

/** Knows how long nothing has been done although something waits for it. */
function createProgress() {
  let waiting = 0;
  let sinceMs = 0;
  return {
    begin() {
      if (waiting++ === 0) sinceMs = performance.now();
    },
    end() {
      waiting--;
    },
    step() {
      sinceMs = performance.now();
    },
    state: () => ({ waiting, stalledMs: Math.round(performance.now() - sinceMs) }),
  };
}

const SWEEP_MS = 250;

/** Repeats `work` while `isNeeded`. */
function createSweep(isNeeded: () => boolean, work: () => void) {
  let timer: NodeJS.Timeout | undefined;
  const turn = () => {
    if (isNeeded()) return work();
    clearInterval(timer);
    timer = undefined;
  };
  return {
    start() {
      if (isNeeded()) timer ??= setInterval(turn, SWEEP_MS);
    },
  };
}

/** Ends the request that waits longest for its reader, if that is `readerMs` or more. */
function endSlowest(holders: ReadonlySet<Caller>, readerMs: number): void {
  const slowest = [...holders].sort((a, b) => b.readerLagMs() - a.readerLagMs())[0];
  if (slowest === undefined || slowest.readerLagMs() < readerMs) return;
  slowest.end(
    new FacetError(
      'exhausted',
      `the caller is ${readerMs} ms behind in reading, or in sending, the most while others wait for a place at the model; ` +
        'read and send without pauses, or ask for less at once',
      { reason: 'READER_TOO_SLOW', metadata: { readerMs: String(readerMs) } },
    ),
  );
}

function stalled(waiting: number, stalledMs: number): Error {
  return new Error(`${waiting} requests wait, and no step of model work has ended for ${stalledMs} ms`);
}
