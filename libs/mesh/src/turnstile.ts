import { FacetError } from '@facet/errors';

/** Lets so many in at once, first come first served. */
export interface Turnstile {
  /** Waits to be let in; returns what leaves. Throws `exhausted` when too many wait, `cancelled` when `signal` aborts. */
  enter(signal: AbortSignal): Promise<() => void>;
  inside(): number;
  waiting(): number;
}

export interface TurnstileOptions {
  /** How many are inside at once. */
  capacity: number;
  /** How many wait; more are refused. */
  maxWaiting: number;
  /** What they wait for, for errors, such as `the model`. */
  place: string;
  /** Reason of the error of those that are refused. @default TOO_MANY_REQUESTS */
  reason?: string;
}

/** Creates a turnstile. Whoever waits leaves the queue as soon as its signal aborts. */
export function createTurnstile(options: TurnstileOptions): Turnstile {
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
        reject(cancelled(options));
      };
      queue.add(admit);
      signal.addEventListener('abort', abandon, { once: true });
    });
  return {
    async enter(signal) {
      if (signal.aborted) throw cancelled(options);
      if (inside < options.capacity) {
        inside++;
        return leaver();
      }
      if (queue.size >= options.maxWaiting) throw full(options, inside, queue.size);
      return wait(signal);
    },
    inside: () => inside,
    waiting: () => queue.size,
  };
}

function cancelled({ place }: TurnstileOptions): FacetError {
  return new FacetError('cancelled', `the call was cancelled before ${place} had worked on it`);
}

function full({ place, reason }: TurnstileOptions, active: number, waiting: number): FacetError {
  return new FacetError(
    'exhausted',
    `${place} is busy: ${active} requests run and ${waiting} wait, which is the limit; try again later`,
    {
      reason: reason ?? 'TOO_MANY_REQUESTS',
      metadata: { active: String(active), waiting: String(waiting) },
    },
  );
}
