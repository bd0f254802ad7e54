import { FacetError } from '@facet/errors';
import { createRandom } from '@facet/random';
import { createAdam } from './adam.ts';
import { createToy, type Toy } from './toy.ts';
import { drawBatch } from './toy-batch.ts';
import { lossAndGradient } from './toy-gradient.ts';

/** What to train; importance 1 everywhere is the default. */
export interface ToyTraining {
  n: number;
  m: number;
  /** Probability that a feature is active: 1 − S. */
  density: number;
  /** I_i. @default 1 for every feature */
  importance?: Float64Array;
  steps: number;
  /** Rows of a step. @default 8 / density, so that every feature is active 8 times, and at least 96 */
  rows?: number;
  /** Peak rate of Adam; it is kept for half of the steps and falls to 0 over the rest. @default 0.01 */
  learning_rate?: number;
  seed: bigint;
  signal?: AbortSignal | undefined;
}

export interface TrainedToy {
  toy: Toy;
  /** Mean loss over the last tenth of the steps. */
  loss: number;
}

/** Times that a feature is active in one step on average. */
const ACTIVATIONS_PER_STEP = 8;
const MIN_ROWS = 96;
const INITIALISATION_STREAM = 1;
const DATA_STREAM = 2;
const EVALUATION_STREAM = 3;
/** Rows on which restarts are compared. */
const EVALUATION_ROWS = 50_000;
/** Steps between two looks at the signal. */
const ABORT_STEPS = 100;

/** Trains a toy with Adam on fresh rows at every step; equal settings give equal weights. */
export async function trainToy(training: ToyTraining): Promise<TrainedToy> {
  const { n, m, density, steps, seed, learning_rate = 0.01 } = training;
  const rows = training.rows ?? Math.max(MIN_ROWS, Math.round(ACTIVATIONS_PER_STEP / density));
  const importance = importanceOf(training);
  const toy = createToy(n, m, createRandom(seed, INITIALISATION_STREAM));
  const random = createRandom(seed, DATA_STREAM);
  const gradient = { W: new Float64Array(n * m), b: new Float64Array(n) };
  const adam = [createAdam(toy.W), createAdam(toy.b)];
  const lastTenth = Math.floor(0.9 * steps);
  let loss = 0;
  for (let step = 0; step < steps; step++) {
    if (step % ABORT_STEPS === 0) await letOthersRun(training.signal);
    const batch = drawBatch({ n, density }, rows, random);
    const stepLoss = lossAndGradient(toy, batch, importance, gradient);
    if (step >= lastTenth) loss += stepLoss / (steps - lastTenth);
    const rate = learning_rate * Math.min(1, 2 * (1 - step / steps));
    adam[0](gradient.W, rate);
    adam[1](gradient.b, rate);
  }
  return { toy, loss };
}

/**
 * Trains from `restarts` seeds, `seed` the first, and gives the toy of the lowest loss on the same rows: small
 * toys have local minima.
 */
export async function trainBestToy(training: ToyTraining, restarts: number): Promise<TrainedToy> {
  const rows = drawBatch(training, EVALUATION_ROWS, createRandom(training.seed, EVALUATION_STREAM));
  const trained: TrainedToy[] = [];
  for (let restart = 0; restart < restarts; restart++) {
    const { toy } = await trainToy({ ...training, seed: training.seed + BigInt(restart) });
    const gradient = { W: new Float64Array(toy.W.length), b: new Float64Array(toy.n) };
    trained.push({ toy, loss: lossAndGradient(toy, rows, importanceOf(training), gradient) });
  }
  return trained.reduce((best, one) => (one.loss < best.loss ? one : best));
}

function importanceOf({ importance, n }: ToyTraining): Float64Array {
  return importance ?? new Float64Array(n).fill(1);
}

/** I_i = ratio^i: every feature a little less important than the one before. */
export function decayingImportance(n: number, ratio: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => ratio ** i);
}

/** Lets a signal arrive, and throws `cancelled` if it has. */
async function letOthersRun(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (signal?.aborted)
    throw new FacetError('cancelled', 'the experiment was cancelled', { cause: signal.reason });
}
