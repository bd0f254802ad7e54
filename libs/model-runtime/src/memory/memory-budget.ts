import { FacetError } from '@facet/errors';

/**
 * What memory is held for: weights packed for a session of its own; what else a session needs; the caches of
 * sequences; rows that replace the model's own, and results, on their way; tokenizers.
 */
export type MemoryPurpose =
  | 'packed weights'
  | 'sessions'
  | 'caches'
  | 'replacements'
  | 'results'
  | 'tokenizers'
  | 'process';

/** Bytes by purpose; a purpose for which nothing is held is absent. */
export type MemoryCount = Partial<Record<MemoryPurpose, number>>;

export interface MemoryRequest {
  purpose: MemoryPurpose;
  bytes: number;
  /**
   * Gives the memory up when others need it; it counts as free from then on. @default it stays until `free`
   */
  release?(): void;
}

/** Memory that is held. */
export interface MemoryHold {
  /** Says that it is used now: what was used least recently is given up first. */
  touch(): void;
  /** Ends the hold; a second time does nothing. */
  free(): void;
}

/** The memory of one model within a budget. */
export interface MemoryAccount {
  /** Bytes that all models together may hold. */
  readonly limit: number;
  /**
   * Holds memory; what can be given up goes, the least recently used first, until it fits. What cannot fit is
   * `exhausted` and names the bytes that are wanted, held and allowed; nothing is given up for it.
   */
  hold(request: MemoryRequest): MemoryHold;
  /** What this model holds now. */
  held(): MemoryCount;
  /** Bytes that all models hold now. */
  heldByAll(): number;
}

/** The memory of a process that holds models. */
export interface MemoryBudget {
  readonly limit: number;
  /** Opens the account of one more model. */
  account(): MemoryAccount;
}

interface Entry extends MemoryRequest {
  account: MemoryAccount;
}

/** Starts a budget of `limit` bytes. */
export function createMemoryBudget(limit: number): MemoryBudget {
  /** The least recently used first. */
  const entries = new Set<Entry>();
  const makeRoom = (request: MemoryRequest): void => {
    const held = bytesOf(entries);
    const releasable = [...entries].filter(({ release }) => release !== undefined);
    let excess = held + request.bytes - limit;
    if (excess > bytesOf(releasable))
      throw memoryFull(request, { held, limit, releasable: bytesOf(releasable) });
    for (const entry of releasable) {
      if (excess <= 0) return;
      entries.delete(entry);
      excess -= entry.bytes;
      entry.release!();
    }
  };
  return {
    limit,
    account() {
      const account: MemoryAccount = {
        limit,
        hold(request) {
          makeRoom(request);
          const entry = { ...request, account };
          entries.add(entry);
          return {
            touch() {
              if (entries.delete(entry)) entries.add(entry);
            },
            free: () => void entries.delete(entry),
          };
        },
        held: () => countByPurpose([...entries].filter((entry) => entry.account === account)),
        heldByAll: () => bytesOf(entries),
      };
      return account;
    },
  };
}

/** All bytes of a count. */
export function totalBytes(count: MemoryCount): number {
  return Object.values(count).reduce((sum, bytes) => sum + bytes, 0);
}

function bytesOf(entries: Iterable<Entry>): number {
  let sum = 0;
  for (const { bytes } of entries) sum += bytes;
  return sum;
}

function countByPurpose(entries: readonly Entry[]): MemoryCount {
  const count: MemoryCount = {};
  for (const { purpose, bytes } of entries) count[purpose] = (count[purpose] ?? 0) + bytes;
  return count;
}

function memoryFull(
  { purpose, bytes }: MemoryRequest,
  { held, limit, releasable }: { held: number; limit: number; releasable: number },
): FacetError {
  return new FacetError(
    'exhausted',
    `${bytes} bytes for ${purpose} do not fit: ${held} of the ${limit} bytes of the budget are held, ${held - releasable} of them ` +
      'in use; ask for fewer tokens or rows, try again later, or raise FACET_INFERENCE_MEMORY_MIB',
    {
      reason: 'MEMORY_FULL',
      metadata: { bytes: String(bytes), held: String(held), budget: String(limit) },
    },
  );
}
