import { FacetError } from '@facet/errors';

/** Lets `capacity` in at once, first come first served. */
export interface Turnstile {
  /** Waits to be let in; returns what leaves. Throws `exhausted` when too many wait, `cancelled` when `signal` aborts. */
  enter(signal: AbortSignal): Promise<() => void>;
  inside(): number;
  waiting(): number;
}

/** Creates a turnstile before `place`, at which at most `maxWaiting` wait. */
export function createTurnstile(capacity: number, maxWaiting: number, place = 'the model'): Turnstile {
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
        reject(cancelled(place));
      };
      queue.add(admit);
      signal.addEventListener('abort', abandon, { once: true });
    });
  return {
    async enter(signal) {
      if (signal.aborted) throw cancelled(place);
      if (inside < capacity) {
        inside++;
        return leaver();
      }
      if (queue.size >= maxWaiting) throw full(place, inside, queue.size);
      return wait(signal);
    },
    inside: () => inside,
    waiting: () => queue.size,
  };
}

function cancelled(place: string): FacetError {
  return new FacetError('cancelled', `the call was cancelled before ${place} had worked on it`);
}

function full(place: string, active: number, waiting: number): FacetError {
  return new FacetError(
    'exhausted',
    `${place} is busy: ${active} requests run and ${waiting} wait, which is the limit; try again later`,
    { reason: 'TOO_MANY_REQUESTS', metadata: { active: String(active), waiting: String(waiting) } },
  );
}
