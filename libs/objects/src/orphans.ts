import { setTimeout as sleep } from 'node:timers/promises';
import type { ObjectStore } from './store.ts';

/** Something that was written for a purpose that is gone: its writer was killed, or what it belonged to has ended. */
export interface Orphan {
  /** What it is, in the plural: `temporary files`. */
  what: string;
  /** Where it lies. */
  place: string;
  /** Objects, files or rows. */
  count: number;
  bytes: number;
  remove(): Promise<void>;
}

/**
 * Finds orphans that nothing has changed for `olderThanMs`; younger ones may be work that is under way. `signal` ends waiting
 * for something that does not answer.
 */
export type OrphanFinder = (olderThanMs: number, signal?: AbortSignal) => AsyncIterable<Orphan>;

/** Finds what killed writers have left in a store that is no object. */
export function findLeftovers(store: ObjectStore): OrphanFinder {
  return async function* (olderThanMs) {
    const oldest = Date.now() - olderThanMs;
    for await (const { name, bytes, modifiedMs, remove } of store.leftovers())
      if (modifiedMs <= oldest) yield { what: 'temporary files', place: name, count: 1, bytes, remove };
  };
}

/**
 * Finds the objects below `prefix` if none of them was written within `olderThanMs`, as an orphan `what`. They are removed one by
 * one: what is written there meanwhile stays.
 */
export async function findStale(
  store: ObjectStore,
  { what, prefix, olderThanMs }: { what: string; prefix: string; olderThanMs: number },
): Promise<Orphan | undefined> {
  const oldest = Date.now() - olderThanMs;
  const keys: string[] = [];
  let bytes = 0;
  for await (const object of store.list(prefix)) {
    if (object.modifiedMs > oldest) return undefined;
    keys.push(object.key);
    bytes += object.bytes;
  }
  if (keys.length === 0) return undefined;
  const remove = async () => {
    for (const key of keys) await store.delete(key);
  };
  return { what, place: prefix, count: keys.length, bytes, remove };
}

export interface KeepSweptOptions {
  finders: readonly OrphanFinder[];
  /** Orphans younger than this stay, milliseconds: their writers may live. */
  olderThanMs: number;
  signal: AbortSignal;
  onSwept(orphan: Orphan): void;
  /** Told of a sweep that failed; the next one comes after the pause. */
  onError(error: unknown): void;
}

/** Pause between two sweeps. */
const SWEEP_INTERVAL_MS = 10 * 60_000;

/** Removes orphans, at once and every ten minutes, until `signal` aborts; any number of processes may do so at once. */
export async function keepSwept(options: KeepSweptOptions): Promise<void> {
  const { finders, olderThanMs, signal, onError } = options;
  while (!signal.aborted) {
    for (const find of finders)
      await sweep(find, options).catch((error) => {
        if (!signal.aborted) onError(error);
      });
    await sleep(Math.min(SWEEP_INTERVAL_MS, olderThanMs), undefined, { signal }).catch(() => undefined);
  }
}

async function sweep(find: OrphanFinder, { olderThanMs, signal, onSwept }: KeepSweptOptions): Promise<void> {
  for await (const orphan of find(olderThanMs, signal)) {
    if (signal.aborted) return;
    await orphan.remove();
    onSwept(orphan);
  }
}
