import { createRandom } from '@facet/random';
import { createMemorySource, type TrainingConfig, trainSae } from '@facet/sae-training';
import { type Controls, measureControls } from './controls.ts';
import { unitDirections } from './geometry.ts';
import { type HiddenRows, TRAIN_ROWS } from './hidden-rows.ts';
import { matchDirections, RECOVERED_COSINE } from './match-directions.ts';
import type { PhasePoint } from './phase-change.ts';

/** How an SAE is trained on a toy's hidden layer. */
export interface RecoveryTraining {
  d_sae: number;
  /** Features that fire for a row. */
  k: number;
  /** Different rows there are to train on. @default 100,000 */
  rows?: number;
  /** Rows trained on, repeats counted. @default 500,000 */
  trained_rows?: number;
}

/** How well one SAE recovered the directions of the features that its toy represents. */
export interface RecoveryPoint {
  density: number;
  /** Features with ‖W_i‖ > ½: the true directions that count. */
  represented: number;
  /** Represented features that are active in a row, on average. */
  active: number;
  d_sae: number;
  k: number;
  rows: number;
  trained_rows: number;
  recovered_share: number;
  mean_max_cosine: number;
  /** Of the features that fire: the share that has no true direction above 0.95. */
  unmatched_share: number;
  /** Share of all firings that those features make. */
  unmatched_firing_share: number;
  /** Features that never fired over the last rows of training. */
  dead_share: number;
  /** On held-out rows. */
  fvu: number;
  l0: number;
  controls: Controls;
}

const TRAINED_ROWS = 500_000;
/** The recipe's own rate is meant for millions of rows; half a million need more of it, and small steps. */
const LEARNING_RATE = 0.01;
const BATCH_ROWS = 256;
/** Most rows after which a feature that has not fired is dead. */
const DEAD_WINDOW = 50_000;
/** What the trainer writes for a feature that never fired. */
const LOG10_NEVER = -10;
const CONTROL_STREAM = 12;

/** Trains one topk SAE on a toy's hidden rows and matches its decoder with the toy's true directions. */
export async function measureRecovery(options: {
  point: PhasePoint;
  hidden: HiddenRows;
  training: RecoveryTraining;
  seed: bigint;
  signal?: AbortSignal | undefined;
}): Promise<RecoveryPoint> {
  const { point, hidden, seed } = options;
  const { d_sae, k, rows = TRAIN_ROWS, trained_rows = TRAINED_ROWS } = options.training;
  const { toy, density, represented } = point;
  const train = hidden.train.subarray(0, rows * toy.m);
  const trained = await trainSae({
    config: recipeOf({ d_sae, k, trained_rows, seed }),
    source: createMemorySource(toy.m, train, hidden.heldOut),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const truth = unitDirections(toy, represented);
  const match = matchDirections(truth, trained.sae.W_dec, toy.m);
  const random = createRandom(seed, CONTROL_STREAM);
  return {
    density,
    represented: represented.length,
    active: represented.length * density,
    d_sae,
    k,
    rows,
    trained_rows,
    recovered_share: match.recovered_share,
    mean_max_cosine: match.mean_max_cosine,
    ...dictionaryShares(match.bestOfDictionary, trained.sparsity),
    fvu: trained.metrics.fvu,
    l0: trained.metrics.l0,
    controls: measureControls({ truth, rows: train, m: toy.m, d_sae, random }),
  };
}

function recipeOf(options: { d_sae: number; k: number; trained_rows: number; seed: bigint }): TrainingConfig {
  const { d_sae, k, trained_rows, seed } = options;
  return {
    recipe: { name: 'topk', k },
    d_sae,
    tokens: trained_rows,
    batch_rows: BATCH_ROWS,
    learning_rate: LEARNING_RATE,
    dead_window_tokens: Math.min(DEAD_WINDOW, Math.ceil(trained_rows / 2)),
    seed,
    threads: 1,
  };
}

/** Half of the features that are active in a row on average: the rest are too weak to tell from interference. */
export function defaultK({ represented, density }: Pick<PhasePoint, 'represented' | 'density'>): number {
  return Math.max(2, Math.round((represented.length * density) / 2));
}

/** Counts the features that are dead, and those without a true direction among the others, also by firings. */
function dictionaryShares(bestOfDictionary: Float64Array, sparsity: Float32Array) {
  const sums = { live: 0, unmatched: 0, firings: 0, unmatchedFirings: 0 };
  sparsity.forEach((log10Frequency, feature) => {
    if (log10Frequency === LOG10_NEVER) return;
    const unmatched = bestOfDictionary[feature] <= RECOVERED_COSINE ? 1 : 0;
    const frequency = 10 ** log10Frequency;
    sums.live += 1;
    sums.unmatched += unmatched;
    sums.firings += frequency;
    sums.unmatchedFirings += unmatched * frequency;
  });
  return {
    unmatched_share: sums.unmatched / sums.live,
    unmatched_firing_share: sums.unmatchedFirings / sums.firings,
    dead_share: 1 - sums.live / sparsity.length,
  };
}
