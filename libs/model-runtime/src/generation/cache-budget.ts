import { FacetError } from '@facet/errors';
import type { MemoryAccount } from '../memory/memory-budget.ts';

/** Counts the bytes of all KV caches of a runtime. */
export interface CacheBudget {
  /** Reserves `bytes` and returns what gives them back; too much is `exhausted`, with both numbers. */
  reserve(bytes: number): () => void;
}

/** Starts a budget of `limit` bytes of the memory of a model. */
export function createCacheBudget(limit: number, memory: MemoryAccount): CacheBudget {
  let used = 0;
  return {
    reserve(bytes) {
      if (used + bytes > limit)
        throw new FacetError(
          'exhausted',
          `a cache of ${bytes} bytes does not fit: ${used} of ${limit} bytes are in use; ` +
            'ask for fewer tokens or rows',
          {
            reason: 'CACHE_FULL',
            metadata: { bytes: String(bytes), used: String(used), limit: String(limit) },
          },
        );
      const hold = memory.hold({ purpose: 'caches', bytes });
      used += bytes;
      let held = true;
      return () => {
        if (held) used -= bytes;
        held = false;
        hold.free();
      };
    },
  };
}
