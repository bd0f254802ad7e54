import type { Session } from 'chdb';
import { raise } from '../exceptions.ts';
import { MAX_NAMED_SESSIONS } from '../limits.ts';

/** How a request names the session it wants. */
export interface SessionName {
  id: string;
  timeoutMs: number;
  mustExist: boolean;
}

/** Sessions that live across requests (`session_id`): temporary tables and SET statements last in them. */
export interface NamedSessions {
  /** Takes a session for one request. Throws SESSION_IS_LOCKED while another request has it. */
  acquire(name: SessionName): Session;
  release(name: SessionName): void;
  close(): void;
}

interface Entry {
  session: Session;
  busy: boolean;
  expiry?: NodeJS.Timeout;
}

/** Creates the table of named sessions, at most MAX_NAMED_SESSIONS, each closed after its timeout. */
export function createNamedSessions(open: () => Session): NamedSessions {
  const entries = new Map<string, Entry>();

  function create({ id, mustExist }: SessionName): Entry {
    if (mustExist) throw raise(372, `Session ${JSON.stringify(id)} not found.`);
    if (entries.size >= MAX_NAMED_SESSIONS) {
      throw raise(202, `Too many sessions: ${MAX_NAMED_SESSIONS} are open. Wait until one times out.`);
    }
    const entry: Entry = { session: open(), busy: false };
    entries.set(id, entry);
    return entry;
  }

  function expire(id: string): void {
    entries.get(id)?.session.close();
    entries.delete(id);
  }

  return {
    acquire(name) {
      const entry = entries.get(name.id) ?? create(name);
      if (entry.busy)
        throw raise(373, `Session ${JSON.stringify(name.id)} is locked by a concurrent client.`);
      clearTimeout(entry.expiry);
      entry.busy = true;
      return entry.session;
    },
    release({ id, timeoutMs }) {
      const entry = entries.get(id);
      if (entry === undefined) return;
      entry.busy = false;
      entry.expiry = setTimeout(expire, timeoutMs, id).unref();
    },
    close() {
      for (const [id, { expiry }] of [...entries]) {
        clearTimeout(expiry);
        expire(id);
      }
    },
  };
}
