import type { EvaluationBatch } from './evaluation-batches.ts';
import type { ModelMetrics } from './evaluation-record.ts';
import { type ReplacedModel, type RowsAt, scoreWith } from './replaced-model.ts';

export interface ModelLossesOptions extends ReplacedModel {
  /** Mean of the counted rows [d_in], for the mean ablation. */
  mean: Float32Array;
}

/** Adds up the model's losses with an SAE's reconstructions, zeros and the mean in place of its own rows. */
export interface ModelLosses {
  /**
   * Takes a batch with its reconstructions [n, d_in] of the ordinary rows; the model works on it while the next one is
   * prepared. Rejects with what an earlier batch failed with.
   */
  add(batch: EvaluationBatch, x_hat: Float32Array): Promise<void>;
  /** Waits for the model and gives the means. */
  metrics(): Promise<ModelMetrics>;
}

/** Batches that the model works on at once: one is computed while the answer to another travels. */
const MAX_IN_FLIGHT = 2;

/** Starts adding up. */
export function createModelLosses(options: ModelLossesOptions): ModelLosses {
  const sums: LossSums = { tokens: 0, clean: 0, sae: 0, zero: 0, mean: 0, kl: 0 };
  const inFlight: Promise<void>[] = [];
  return {
    async add(batch, x_hat) {
      while (inFlight.length >= MAX_IN_FLIGHT) await inFlight.shift();
      const measured = measureBatch(options, { batch, x_hat }, sums);
      measured.catch(() => undefined); // Seen when it is waited for.
      inFlight.push(measured);
    },
    async metrics() {
      await Promise.all(inFlight);
      return meansOf(sums);
    },
  };
}

interface LossSums {
  tokens: number;
  clean: number;
  sae: number;
  zero: number;
  mean: number;
  kl: number;
}

/**
 * Measures a batch. The SAE's pass keeps special rows by a mask, to be compared with the model as it is. The ablations
 * give the special rows as the set holds them, so that the model begins at the hook point.
 */
async function measureBatch(
  options: ModelLossesOptions,
  { batch, x_hat }: { batch: EvaluationBatch; x_hat: Float32Array },
  sums: LossSums,
): Promise<void> {
  const { mean } = options;
  const width = mean.length;
  const masked = {
    rowsAt: spread(batch, x_hat, width),
    width,
    mask: batch.ordinary,
    compareWithUnedited: true,
  };
  const ablated = (row: Float32Array) => ({ rowsAt: fill(batch, row), width });
  const [sae, zero, average] = await Promise.all([
    scoreWith(options, batch, masked),
    scoreWith(options, batch, ablated(new Float32Array(mean.length))),
    scoreWith(options, batch, ablated(mean)),
  ]);
  const predicted = predictions(batch);
  sums.tokens += predicted.length;
  sums.clean += sumAt(
    sae.map((part) => part.uneditedNll!),
    predicted,
  );
  sums.sae += sumAt(
    sae.map((part) => part.nll),
    predicted,
  );
  sums.kl += sumAt(
    sae.map((part) => part.kl!),
    predicted,
  );
  sums.zero += sumAt(
    zero.map((part) => part.nll),
    predicted,
  );
  sums.mean += sumAt(
    average.map((part) => part.nll),
    predicted,
  );
}

/** A prediction of a context: entry `index` is made at position `index` and is about the token after it. */
interface Prediction {
  context: number;
  index: number;
}

/** The predictions that count: from a counted row, of a counted row. */
function predictions({ lengths, counted }: EvaluationBatch): Prediction[] {
  const found: Prediction[] = [];
  let first = 0;
  lengths.forEach((length, context) => {
    for (let index = 0; index + 1 < length; index++)
      if (counted[first + index] === 1 && counted[first + index + 1] === 1) found.push({ context, index });
    first += length;
  });
  return found;
}

function sumAt(columns: readonly Float32Array[], predicted: readonly Prediction[]): number {
  return predicted.reduce((sum, { context, index }) => sum + columns[context]![index]!, 0);
}

/** Puts reconstructions where their tokens stand, and zeros elsewhere. */
function spread({ places }: EvaluationBatch, x_hat: Float32Array, width: number): RowsAt {
  return (from, to) => {
    const rows = new Float32Array((to - from) * width);
    forPlaces(places, [from, to], (place, i) => {
      rows.set(x_hat.subarray(i * width, (i + 1) * width), (place - from) * width);
    });
    return rows;
  };
}

/** Puts `row` where ordinary tokens stand, beside the special rows. */
function fill({ places, specialRows }: EvaluationBatch, row: Float32Array): RowsAt {
  const width = row.length;
  return (from, to) => {
    const rows = specialRows.slice(from * width, to * width);
    forPlaces(places, [from, to], (place) => rows.set(row, (place - from) * width));
    return rows;
  };
}

/** Visits the places, which ascend, of ordinary tokens in [from, to), each with its index. */
function forPlaces(
  places: Uint32Array,
  [from, to]: [number, number],
  visit: (place: number, index: number) => void,
): void {
  const first = places.findIndex((place) => place >= from);
  for (let i = first; i >= 0 && i < places.length && places[i]! < to; i++) visit(places[i]!, i);
}

function meansOf({ tokens, clean, sae, zero, mean, kl }: LossSums): ModelMetrics {
  const of = (sum: number) => sum / tokens;
  const recovered = (ablated: number) => (ablated > clean ? (ablated - sae) / (ablated - clean) : Number.NaN);
  return {
    tokens,
    ceClean: of(clean),
    ceSae: of(sae),
    ceZero: of(zero),
    ceMean: of(mean),
    ceRecoveredZero: recovered(zero),
    ceRecoveredMean: recovered(mean),
    klSae: of(kl),
  };
}
