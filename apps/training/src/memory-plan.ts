import { FacetError } from '@facet/errors';
import { MAX_MEMORY_BYTES } from '@facet/kernels';
import { engineOf, type ResolvedConfig } from '@facet/sae-training';
import type { MemoryPlan } from './run-record.ts';
import type { TrainingSets } from './training-sets.ts';

/** A mixing buffer smaller than this many batches would not shuffle. */
const MIN_BUFFER_BATCHES = 8;

/**
 * Plans the memory of a run: weights, optimizer, batch, and either all rows or a mixing buffer with what is
 * left. Throws `exhausted` with the numbers where not even the smallest buffer fits.
 */
export function planMemory(config: ResolvedConfig, sets: TrainingSets, limit: number): MemoryPlan {
  const engine = engineOf(config.engine).planMemory(config);
  const { weights_bytes: weights, optimizer_bytes: optimizer, batch_bytes: batch } = engine;
  const kernelMemory = weights + optimizer + batch;
  if (kernelMemory > MAX_MEMORY_BYTES) {
    throw tooLarge(kernelMemory, MAX_MEMORY_BYTES, 'one WebAssembly memory', 'lower d_sae or batch_tokens');
  }
  const rowBytes = sets.d_in * 4;
  // A shard is held as stored, as f32, and split into training and held-out rows.
  const shard = sets.largestShard * rowBytes * 3;
  const smallest = Math.min(sets.rows, MIN_BUFFER_BATCHES * config.batch_rows);
  const needed = kernelMemory + shard + smallest * rowBytes;
  if (needed > limit) {
    throw tooLarge(
      needed,
      limit,
      'FACET_TRAINING_MEMORY_MIB',
      'lower d_sae or batch_tokens, or raise the limit',
    );
  }
  const fitting = Math.floor((limit - kernelMemory - shard) / rowBytes);
  const bufferRows = fitting >= sets.rows ? 0 : fitting;
  const rows = shard + (bufferRows || sets.rows) * rowBytes;
  return { weights, optimizer, batch, rows, total: kernelMemory + rows, limit, bufferRows };
}

function tooLarge(bytes: number, limit: number, what: string, remedy: string): FacetError {
  const message = `the run needs ${bytes} bytes of memory, ${what} allows ${limit}; ${remedy}`;
  return new FacetError('exhausted', message, { reason: 'MEMORY_LIMIT' });
}
