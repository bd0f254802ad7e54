import { FacetError } from '@facet/errors';
import { MAX_MEMORY_BYTES } from '@facet/kernels';
import { type EngineMemoryPlan, engineOf, type ResolvedConfig } from '@facet/sae-training';
import type { TrainingSets } from '../rows/training-sets.ts';
import type { MemoryPlan } from './records/run-record.ts';

/** A mixing buffer smaller than this many batches would not shuffle. */
const MIN_BUFFER_BATCHES = 8;

/** Bytes that are kept of every row to find it: what it is for, and its place in an epoch. */
const NUMBERS_PER_ROW = 9;
/** Bytes that looking for outliers takes of every row: its norm, and its place in their order. */
const NORMS_PER_ROW = 8;
/** The weights at the beginning and at the end of a run: drawn or copied out, then transposed for publication. */
const WEIGHT_COPIES = 2;

export interface MemoryDemands {
  /** Of the SAEs that train together, on equal batches. */
  configs: readonly ResolvedConfig[];
  sets: Pick<TrainingSets, 'd_in' | 'rows' | 'excludedRows' | 'largestShard'>;
  /** Whether rows with large norms are left out. */
  dropsOutliers: boolean;
}

/**
 * Plans the memory of a run: weights, optimizer and batch of every SAE, copies of the weights of one at a time, and
 * either all rows or a mixing buffer with what is left, once for all. Throws `exhausted` with the numbers where not even the smallest buffer fits.
 */
export function planMemory({ configs, sets, dropsOutliers }: MemoryDemands, limit: number): MemoryPlan {
  const engines = configs.map(planEngine);
  const [weights, optimizer, gradients, batch, preActivations] = (
    ['weights_bytes', 'optimizer_bytes', 'gradients_bytes', 'batch_bytes', 'pre_activations_bytes'] as const
  ).map((part) => engines.reduce((sum, engine) => sum + engine[part], 0));
  const kernelMemory = weights + optimizer + batch;
  const copies = WEIGHT_COPIES * Math.max(...engines.map((engine) => engine.weights_bytes));
  const rowBytes = sets.d_in * 4;
  // A shard is held as stored and as f32.
  const shard = sets.largestShard * rowBytes * 2;
  const numbers = (sets.rows + sets.excludedRows) * (NUMBERS_PER_ROW + (dropsOutliers ? NORMS_PER_ROW : 0));
  const fixed = kernelMemory + copies + shard + numbers;
  const smallest = Math.min(sets.rows, MIN_BUFFER_BATCHES * configs[0].batch_rows);
  if (fixed + smallest * rowBytes > limit) {
    const fewer = configs.length > 1 ? `train fewer than ${configs.length} SAEs at once, ` : '';
    const remedy = `${fewer}lower d_sae or batch_tokens, or raise the limit`;
    throw tooLarge(fixed + smallest * rowBytes, limit, 'FACET_TRAINING_MEMORY_MIB', remedy);
  }
  const fitting = Math.floor((limit - fixed) / rowBytes);
  const bufferRows = fitting >= sets.rows ? 0 : fitting;
  const rows = shard + numbers + (bufferRows || sets.rows) * rowBytes;
  return {
    weights,
    optimizer,
    gradients,
    batch,
    preActivations,
    copies,
    rows,
    total: kernelMemory + copies + rows,
    limit,
    bufferRows,
  };
}

/** Plans the engine of one SAE; where its arrays lie in one memory, they must fit. */
function planEngine(config: ResolvedConfig): EngineMemoryPlan {
  const plan = engineOf(config.engine).planMemory(config);
  const bytes = plan.weights_bytes + plan.optimizer_bytes + plan.batch_bytes;
  if (plan.one_memory === false || bytes <= MAX_MEMORY_BYTES) return plan;
  throw tooLarge(bytes, MAX_MEMORY_BYTES, 'one WebAssembly memory', 'lower d_sae or batch_tokens');
}

function tooLarge(bytes: number, limit: number, what: string, remedy: string): FacetError {
  const message = `the run needs ${bytes} bytes of memory, ${what} allows ${limit}; ${remedy}`;
  return new FacetError('exhausted', message, { reason: 'MEMORY_LIMIT' });
}
