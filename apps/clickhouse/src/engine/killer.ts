import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from 'chdb';
import { quote } from '../gate/tokens.ts';

/** How long to wait before killing again, when the query was not yet (or is no longer) listed. */
const KILL_INTERVAL_MS = 50;

/** Kills queries whose caller is gone: chDB itself only forgets them and computes on. */
export interface Killer {
  /** Watches over one query; put `mark` into its session's `log_comment`, and call `end` when the query is over. */
  watch(signal: AbortSignal): { mark: string; end(): void };
  /** Resolves when no kill is under way. */
  idle(): Promise<void>;
}

/** Creates a killer that sends its KILL statements through `session`, one at a time. */
export function createKiller(session: Session): Killer {
  let tail: Promise<void> = Promise.resolve();

  async function kill(mark: string, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await session.queryAsync(`KILL QUERY WHERE Settings['log_comment'] = ${quote(mark)}`, {
        format: 'Null',
      });
      await delay(KILL_INTERVAL_MS);
    }
  }

  return {
    watch(signal) {
      const mark = randomUUID();
      let over = false;
      const onAbort = () => {
        tail = tail.then(() => kill(mark, () => over)).catch(() => {});
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      return {
        mark,
        end() {
          over = true;
          signal.removeEventListener('abort', onAbort);
        },
      };
    },
    idle: () => tail,
  };
}
