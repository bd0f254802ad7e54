import { raise } from '../exceptions.ts';

export interface AdmissionOptions {
  /** Queries that run at the same time. */
  maxRunning: number;
  /** Queries that wait for their turn; further ones are refused. */
  maxWaiting: number;
}

/** Lets a bounded number of queries run, keeps a bounded number waiting in order, and refuses the others. */
export interface Admission {
  /** Waits for a turn; the returned function gives it back. Throws TOO_MANY_SIMULTANEOUS_QUERIES when the queue is full. */
  enter(signal: AbortSignal): Promise<() => void>;
  readonly running: number;
  readonly waiting: number;
}

/** Creates an admission gate. */
export function createAdmission({ maxRunning, maxWaiting }: AdmissionOptions): Admission {
  const queue: (() => void)[] = [];
  let running = 0;

  function leave(): void {
    const next = queue.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  function once(): () => void {
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
    };
  }

  function wait(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener('abort', give);
        resolve(once());
      };
      const give = () => {
        queue.splice(queue.indexOf(turn), 1);
        reject(raise(394, 'Query was cancelled while it waited for its turn.'));
      };
      signal.addEventListener('abort', give, { once: true });
      queue.push(turn);
    });
  }

  return {
    async enter(signal) {
      if (signal.aborted) throw raise(394, 'Query was cancelled.');
      if (running < maxRunning) {
        running += 1;
        return once();
      }
      if (queue.length >= maxWaiting) {
        const limits = `${maxRunning} run and ${maxWaiting} wait`;
        throw raise(202, `Too many simultaneous queries: ${limits}. Try again later.`);
      }
      return wait(signal);
    },
    get running() {
      return running;
    },
    get waiting() {
      return queue.length;
    },
  };
}
