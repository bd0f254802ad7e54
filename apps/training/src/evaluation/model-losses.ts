import { DataType, type InferenceServiceDefinition, type SequenceScore, type Tensor } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import {
  answerTensors,
  flagTensor,
  floatTensor,
  idTensor,
  type ServiceClient,
  tensorMessage,
} from '@facet/mesh';
import { encodeF16 } from '@facet/tensor';
import type { BatchLimits, EvaluationBatch } from './evaluation-batches.ts';
import type { ModelMetrics } from './evaluation-record.ts';

export interface ModelLossesOptions {
  client: ServiceClient<typeof InferenceServiceDefinition>;
  /** Resource name. */
  model: string;
  /** The weights that every answer must come from. */
  modelSha256: string;
  hookPoint: string;
  /** Mean of the counted rows [d_in], for the mean ablation. */
  mean: Float32Array;
  signal: AbortSignal;
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
/** A batch waits its turn behind other callers of the model. */
const SCORE_DEADLINE_MS = 300_000;
/** Tokens of one request to the model where the limits of its messages allow as many. */
const REQUEST_TOKENS = 4096;
/** Limits of ScoreText. */
const MAX_SEQUENCES = 256;
const MAX_REPLACEMENT_BYTES = 3 * 2 ** 20;

/** How contexts of up to `contextTokens` tokens and rows [d_in] go into requests: in F32, or F16 where that is too much. */
export function requestLimits(d_in: number, contextTokens: number): BatchLimits & { dtype: 'F32' | 'F16' } {
  const rowsOf = (elementBytes: number) => Math.floor(MAX_REPLACEMENT_BYTES / (elementBytes * d_in));
  const dtype = rowsOf(4) >= contextTokens ? 'F32' : 'F16';
  const tokens = Math.min(REQUEST_TOKENS, rowsOf(dtype === 'F32' ? 4 : 2));
  if (tokens < contextTokens)
    throw new FacetError(
      'precondition',
      `a context of ${contextTokens} tokens with rows of width ${d_in} does not fit a request to the model, which holds ` +
        `${tokens} rows; capture shorter contexts, or measure with reconstruction_only`,
      { reason: 'CONTEXT_TOO_LARGE' },
    );
  return { tokens, contexts: MAX_SEQUENCES, dtype };
}

/** Starts adding up. */
export function createModelLosses(options: ModelLossesOptions, dtype: 'F32' | 'F16'): ModelLosses {
  const sums: LossSums = { tokens: 0, clean: 0, sae: 0, zero: 0, mean: 0, kl: 0 };
  const inFlight: Promise<void>[] = [];
  return {
    async add(batch, x_hat) {
      while (inFlight.length >= MAX_IN_FLIGHT) await inFlight.shift();
      const measured = measureBatch({ ...options, dtype }, { batch, x_hat }, sums);
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
  options: BatchOptions,
  { batch, x_hat }: { batch: EvaluationBatch; x_hat: Float32Array },
  sums: LossSums,
): Promise<void> {
  const { mean } = options;
  const masked = { rows: spread(batch, x_hat), mask: batch.ordinary, compareWithUnedited: true };
  const ablated = (row: Float32Array) => ({ rows: fill(batch, row) });
  const [sae, zero, average] = await Promise.all([
    score(options, batch, masked),
    score(options, batch, ablated(new Float32Array(mean.length))),
    score(options, batch, ablated(mean)),
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

interface BatchOptions extends ModelLossesOptions {
  /** How rows travel. */
  dtype: 'F32' | 'F16';
}

/** Rows [tokens, d_in] to go on with; without a mask in place of all. */
interface GivenRows {
  rows: Float32Array;
  mask?: Uint8Array;
  compareWithUnedited?: boolean;
}

/** Scores of one context of T tokens, [T − 1] each. */
interface ContextScores {
  nll: Float32Array;
  uneditedNll: Float32Array | undefined;
  kl: Float32Array | undefined;
}

async function score(
  { client, model, modelSha256, hookPoint, signal, dtype }: BatchOptions,
  { tokenIds, lengths }: EvaluationBatch,
  { rows, mask, compareWithUnedited = false }: GivenRows,
): Promise<ContextScores[]> {
  const input = { $case: 'tokens' as const, value: { tokenIds: idTensor(tokenIds), lengths } };
  const activations = rowsTensor(rows, tokenIds.length, dtype);
  const replacements = [{ hookPoint, activations, ...(mask && { mask: flagTensor(mask) }) }];
  const request = { model, input, replacements, compareWithUnedited };
  const { scores, lineage } = await client.scoreText(request, { signal, deadlineMs: SCORE_DEADLINE_MS });
  if (lineage?.modelSha256 !== modelSha256)
    throw new FacetError('precondition', `${model} was replaced by other weights during the evaluation`, {
      reason: 'LINEAGE_MISMATCH',
    });
  if (scores.length !== lengths.length)
    throw new Error(`inference scored ${scores.length} of ${lengths.length} contexts`);
  return scores.map((found, index) => readScores(found, lengths[index]! - 1, compareWithUnedited));
}

function readScores(score: SequenceScore, count: number, compared: boolean): ContextScores {
  const read = (name: 'nll' | 'uneditedNll' | 'kl') => answerTensors.floats(score[name], [count], name);
  return {
    nll: read('nll'),
    uneditedNll: compared ? read('uneditedNll') : undefined,
    kl: compared ? read('kl') : undefined,
  };
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
function spread({ places, specialRows }: EvaluationBatch, x_hat: Float32Array): Float32Array {
  const rows = new Float32Array(specialRows.length);
  const width = x_hat.length / Math.max(1, places.length);
  places.forEach((place, i) => {
    rows.set(x_hat.subarray(i * width, (i + 1) * width), place * width);
  });
  return rows;
}

/** Puts `row` where ordinary tokens stand, beside the special rows. */
function fill({ places, specialRows }: EvaluationBatch, row: Float32Array): Float32Array {
  const rows = specialRows.slice();
  for (const place of places) rows.set(row, place * row.length);
  return rows;
}

function rowsTensor(rows: Float32Array, tokens: number, dtype: 'F32' | 'F16'): Tensor {
  const shape = [tokens, rows.length / tokens];
  return dtype === 'F32' ? floatTensor(rows, shape) : tensorMessage(DataType.F16, shape, encodeF16(rows));
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
