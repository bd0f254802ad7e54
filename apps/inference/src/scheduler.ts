import { FacetError } from '@facet/errors';

/**
 * Shares the model among requests. A request is admitted first: at most `active` requests hold a place, at most
 * `waiting` wait for one in order of arrival, more are refused with `exhausted`. An admitted request does its work in
 * steps (a batch, a decode step); steps run in order of arrival, `steps` at once. A request asks for its next step when
 * the last one is done, so that requests take turns and a long one delays a short one by single steps only.
 */
export interface Scheduler {
  /** Waits for a place; throws `exhausted` when too many wait, `cancelled` when `signal` aborts. */
  admit(signal: AbortSignal): Promise<Admission>;
  /** How many requests hold a place and wait for one, and how many steps have run. */
  load(): SchedulerLoad;
}

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
}

/** Creates a scheduler with its limits. */
export function createScheduler(limits: SchedulerLimits): Scheduler {
  const places = createTurnstile(limits.active, limits.waiting);
  const steps = createTurnstile(limits.steps, Number.POSITIVE_INFINITY);
  let stepsRun = 0;
  return {
    async admit(signal) {
      const leave = await places.enter(signal);
      return {
        leave,
        async step(work) {
          const done = await steps.enter(signal);
          stepsRun++;
          try {
            return await work();
          } finally {
            done();
          }
        },
      };
    },
    load: () => ({ active: places.inside(), waiting: places.waiting(), stepsRun }),
  };
}

/** Lets `capacity` in at once, first come first served. */
interface Turnstile {
  enter(signal: AbortSignal): Promise<() => void>;
  inside(): number;
  waiting(): number;
}

function createTurnstile(capacity: number, maxWaiting: number): Turnstile {
  const queue = new Set<() => void>();
  let inside = 0;
  const leaver = () => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      inside--;
      const next = queue.values().next().value;
      if (next !== undefined) next();
    };
  };
  const wait = (signal: AbortSignal) =>
    new Promise<() => void>((resolve, reject) => {
      const admit = () => {
        queue.delete(admit);
        signal.removeEventListener('abort', abandon);
        inside++;
        resolve(leaver());
      };
      const abandon = () => {
        queue.delete(admit);
        reject(cancelled());
      };
      queue.add(admit);
      signal.addEventListener('abort', abandon, { once: true });
    });
  return {
    async enter(signal) {
      if (signal.aborted) throw cancelled();
      if (inside < capacity) {
        inside++;
        return leaver();
      }
      if (queue.size >= maxWaiting) throw full(inside, queue.size);
      return wait(signal);
    },
    inside: () => inside,
    waiting: () => queue.size,
  };
}

function cancelled(): FacetError {
  return new FacetError('cancelled', 'the call was cancelled before the model had worked on it');
}

function full(active: number, waiting: number): FacetError {
  return new FacetError(
    'exhausted',
    `the model is busy: ${active} requests run and ${waiting} wait, which is the limit; try again later`,
    { reason: 'TOO_MANY_REQUESTS', metadata: { active: String(active), waiting: String(waiting) } },
  );
}
