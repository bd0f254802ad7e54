import { FacetError } from '@facet/errors';

/** The hottest temperature that is accepted: beyond it the choice is uniform to five digits anyway. */
export const MAX_TEMPERATURE = 100;
/** Repetition penalties lie between these: outside them single precision overflows, and one repetition decides all. */
const MIN_REPETITION_PENALTY = 0.01;
const MAX_REPETITION_PENALTY = 100;
/** Largest |presence_penalty| and |frequency_penalty|, as OpenAI has it. */
const MAX_PENALTY = 2;
/** Largest |bias|, as OpenAI has it: it forbids or forces a token of any ordinary model. */
const MAX_BIAS = 100;
/** Most tokens with a bias: each is worked on for every token of the text. */
export const MAX_LOGIT_BIASES = 1024;
/** Most likely tokens that are told beside a drawn one. */
export const MAX_TOP_LOGPROBS = 20;

/** What is added to the logit of one token. */
export interface LogitBias {
  tokenId: number;
  /** −100 to 100. */
  bias: number;
}

/**
 * How tokens are drawn, in this order: logit_bias, repetition_penalty, frequency_penalty, presence_penalty, temperature,
 * top_k, top_p, min_p. Hugging Face has the same order; vLLM too, but for min_p, which it applies before top_k.
 */
export interface SamplingOptions {
  /** Divides the logits; 0 is greedy. @default 1 */
  temperature?: number | undefined;
  /** Keeps the k most likely tokens; 0 keeps all. @default 0 */
  topK?: number | undefined;
  /** Keeps the fewest most likely tokens whose probabilities sum to at least this. @default 1 */
  topP?: number | undefined;
  /** Keeps tokens that are at least this share as likely as the likeliest; 0 keeps all. @default 0 */
  minP?: number | undefined;
  /** Divides positive and multiplies negative logits of tokens in the prompt or the generated text. @default 1 */
  repetitionPenalty?: number | undefined;
  /** Subtracted from the logit of every generated token. @default 0 */
  presencePenalty?: number | undefined;
  /** Subtracted from the logit of every generated token, as often as it was generated. @default 0 */
  frequencyPenalty?: number | undefined;
  /** Added to logits; every token once. @default none */
  logitBias?: readonly LogitBias[] | undefined;
  /** How many of the likeliest tokens are told beside the drawn one. @default 0 */
  topLogprobs?: number | undefined;
}

/** Throws `invalid` naming the first option that is out of range, in the contract's spelling. */
export function requireSamplingOptions(options: SamplingOptions, d_vocab: number): void {
  const { temperature = 1, topK = 0, topP = 1, minP = 0, topLogprobs = 0 } = options;
  requireRange('temperature', temperature, [0, MAX_TEMPERATURE], `0 (greedy) to ${MAX_TEMPERATURE}`);
  requireCount('top_k', topK, Number.MAX_SAFE_INTEGER, 'whole numbers from 0 (all)');
  requireRange('top_p', topP, [Number.MIN_VALUE, 1], 'over 0 to 1');
  requireRange('min_p', minP, [0, 1], '0 (all) to 1');
  requirePenalties(options);
  requireBiases(options.logitBias ?? [], d_vocab);
  requireCount('top_logprobs', topLogprobs, MAX_TOP_LOGPROBS, `whole numbers from 0 to ${MAX_TOP_LOGPROBS}`);
}

function requirePenalties(options: SamplingOptions): void {
  const { repetitionPenalty = 1, presencePenalty = 0, frequencyPenalty = 0 } = options;
  const bounds = [MIN_REPETITION_PENALTY, MAX_REPETITION_PENALTY] as const;
  requireRange('repetition_penalty', repetitionPenalty, bounds, `${bounds[0]} to ${bounds[1]}; 1 is none`);
  const range = `-${MAX_PENALTY} to ${MAX_PENALTY}; 0 is none`;
  requireRange('presence_penalty', presencePenalty, [-MAX_PENALTY, MAX_PENALTY], range);
  requireRange('frequency_penalty', frequencyPenalty, [-MAX_PENALTY, MAX_PENALTY], range);
}

function requireBiases(biases: readonly LogitBias[], d_vocab: number): void {
  if (biases.length > MAX_LOGIT_BIASES)
    throw invalid(
      `logit_bias has ${biases.length} entries; allowed are up to ${MAX_LOGIT_BIASES}`,
      'logit_bias',
    );
  const places = new Map<number, number>();
  for (const [place, { tokenId, bias }] of biases.entries()) {
    const field = `logit_bias[${place}]`;
    const before = places.get(tokenId);
    if (!Number.isInteger(tokenId) || tokenId < 0 || tokenId >= d_vocab)
      throw outOfRange(`${field}.token_id`, tokenId, `the token ids of the vocabulary, 0 to ${d_vocab - 1}`);
    if (before !== undefined)
      throw invalid(
        `${field}.token_id ${tokenId} has a bias at logit_bias[${before}] already; give every token one bias`,
        `${field}.token_id`,
      );
    places.set(tokenId, place);
    requireRange(`${field}.bias`, bias, [-MAX_BIAS, MAX_BIAS], `-${MAX_BIAS} to ${MAX_BIAS}`);
  }
}

function requireRange(
  field: string,
  value: number,
  [low, high]: readonly [number, number],
  range: string,
): void {
  if (!(value >= low && value <= high)) throw outOfRange(field, value, range);
}

function requireCount(field: string, value: number, high: number, range: string): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > high) throw outOfRange(field, value, range);
}

function outOfRange(field: string, value: number, range: string): FacetError {
  return invalid(`${field} ${value} is out of range; allowed are ${range}`, field);
}

function invalid(message: string, field: string): FacetError {
  return new FacetError('invalid', message, { field });
}
