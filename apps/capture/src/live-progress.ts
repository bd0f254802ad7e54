import type { EventBus, Subscription } from '@facet/events';
import { z } from 'zod';

/**
 * Rows that a worker has captured of a partition that is not committed yet, or a change that needs a fresh
 * look.
 */
export interface LiveProgress {
  partition: number;
  rows: number;
}

const schema = z.object({ partition: z.number(), rows: z.number() });

/** Tells whoever watches the set how far a partition has come. */
export function broadcastProgress(bus: EventBus, uid: string, progress: LiveProgress): void {
  bus.broadcast(subjectOf(uid), Buffer.from(JSON.stringify(progress)));
}

/** Listens to the workers of a set. */
export function listenToProgress(
  bus: EventBus,
  uid: string,
  signal: AbortSignal,
): Subscription<{ payload: Uint8Array }> {
  return bus.listen(subjectOf(uid), { signal });
}

/** Reads a progress message; undefined for one that is none. */
export function parseProgress(payload: Uint8Array): LiveProgress | undefined {
  try {
    return schema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch {
    return undefined;
  }
}

function subjectOf(uid: string): string {
  return `facet.activation.progress.${uid}`;
}
