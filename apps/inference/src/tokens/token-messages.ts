import type { TextInputs, TokenBatch } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { flagTensor } from '@facet/mesh';
import { type LoadedModel, specialOf } from '../models/loaded-model.ts';
import { readTokenBatch, requireSequences } from './token-batches.ts';
import type { TokenSequences } from './token-sequences.ts';
import { tokenizeTexts } from './tokenize-texts.ts';

/** Most texts given as strings to ComputeActivations and ScoreText. */
const MAX_INPUT_TEXTS = 256;
/** Largest response that is built: the message limit of 4 MiB less what frames its fields. */
const MAX_RESPONSE_BYTES = 4 * 2 ** 20 - 65_536;

/** What a request gives to run: token ids as they are, or texts that are tokenized as prompts. */
export type InputMessage =
  | { $case: 'tokens'; value: TokenBatch }
  | { $case: 'texts'; value: TextInputs }
  | undefined;

export interface InputLimits {
  maxSequences: number;
  maxTokens: number;
  signal: AbortSignal;
}

/** Reads the sequences to run; each has at least one token and fits the model's context. */
export async function readInput(
  input: InputMessage,
  model: LoadedModel,
  limits: InputLimits,
): Promise<TokenSequences> {
  const { n_ctx: maxLength, d_vocab } = model.runtime.spec;
  if (input?.$case === 'tokens')
    return readTokenBatch(input.value, { ...limits, maxLength, d_vocab }, 'tokens');
  const texts = input?.value.texts ?? [];
  if (texts.length === 0) throw invalid('there is nothing to run: give tokens or texts', 'texts');
  if (texts.length > MAX_INPUT_TEXTS)
    throw invalid(`${texts.length} texts; the limit is ${MAX_INPUT_TEXTS}`, 'texts');
  const { maxTokens, signal } = limits;
  const sequences = await tokenizeTexts(model, texts, {
    addSpecial: true,
    maxTokens,
    field: 'texts',
    signal,
  });
  await requireTokens(model, sequences, { field: 'texts', signal });
  return sequences;
}

/** Refuses tokenized texts that the model cannot run; names the token that has no row in the embedding. */
export async function requireTokens(
  { runtime, tokenizer }: LoadedModel,
  sequences: TokenSequences,
  { field, signal }: { field: string; signal: AbortSignal },
): Promise<void> {
  const { n_ctx: maxLength, d_vocab } = runtime.spec;
  const unusable = sequences.ids.find((id) => id >= d_vocab);
  const [text] = unusable === undefined ? [] : await tokenizer.tokenTexts([unusable], signal);
  const named = text === undefined ? {} : { tokenText: () => text };
  requireSequences(sequences, { maxLength, d_vocab, ...named }, field);
}

/** Token texts and special flags where they are asked for. */
export async function tokenDetails(
  model: LoadedModel,
  ids: Int32Array,
  { wanted, signal }: { wanted: boolean; signal: AbortSignal },
) {
  if (!wanted) return { tokenTexts: [], special: undefined };
  const tokenTexts = await model.tokenizer.tokenTexts(ids, signal);
  return { tokenTexts, special: flagTensor(specialOf(model, ids)) };
}

/** Bytes that token texts take in a message. */
export function textBytes(texts: readonly string[]): number {
  const framing = 3;
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + framing, 0);
}

/** Refuses a request whose response would pass the message limit; `remedy` says what to ask for instead. */
export function requireResponseFits(bytes: number, remedy: string): void {
  if (bytes > MAX_RESPONSE_BYTES)
    throw new FacetError(
      'invalid',
      `the response would have ${bytes} bytes; the limit is ${MAX_RESPONSE_BYTES}: ${remedy}`,
      { reason: 'RESPONSE_TOO_LARGE' },
    );
}

/** Most tokens whose ids alone fit a response. */
export const MAX_RESPONSE_TOKENS = Math.floor(MAX_RESPONSE_BYTES / Int32Array.BYTES_PER_ELEMENT);

function invalid(problem: string, field: string): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field });
}
