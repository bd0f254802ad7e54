import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { FacetError } from '@facet/errors';
import type { ModelRuntime } from '@facet/model-runtime';
import type { TokenizerPool } from '../tokens/tokenizer-pool.ts';
import { QUANTIZATION_TEXT } from './quantization-text.ts';

/** A text on which losses are compared. */
export interface LossText {
  /** The file that it is of; absent for the bundled one. */
  path: string | undefined;
  text: string;
  sha256: string;
}

/** Mean loss of a model on a text, nats per token. */
export interface TextLoss {
  meanNll: number;
  /** Tokens that were predicted. */
  tokens: number;
}

/** Tokens of a context, and of all of them: what is measured at a start must not take minutes. */
const MAX_CONTEXT = 512;
const MAX_TOKENS = 4096;
/** Characters of a text that are looked at: enough for MAX_TOKENS of any vocabulary. */
const MAX_CHARS = 65_536;

/** Reads the text at `path`, or takes the bundled one. */
export async function readLossText(path: string | undefined): Promise<LossText> {
  const whole = path === undefined ? QUANTIZATION_TEXT : await readText(path);
  const text = whole.slice(0, MAX_CHARS);
  return { path, text, sha256: createHash('sha256').update(text).digest('hex') };
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    throw new FacetError('invalid', `FACET_INFERENCE_QUANTIZE_TEXT: ${path} is no text that can be read`, {
      cause,
      field: 'FACET_INFERENCE_QUANTIZE_TEXT',
    });
  }
}

/** Losses of one model on the same tokens. */
export interface LossComparison {
  quantized: TextLoss;
  stored: TextLoss;
}

interface Compared {
  quantized: ModelRuntime;
  openStored: () => Promise<ModelRuntime>;
  tokenizer: TokenizerPool;
  text: LossText;
  signal: AbortSignal;
}

/** Measures what quantizing costs: runs the quantized model and the stored one, which is closed again, on a text. */
export async function compareLosses(compared: Compared): Promise<LossComparison> {
  const { quantized, openStored, tokenizer, text, signal } = compared;
  const contexts = await lossContexts(text, tokenizer, quantized.spec, signal);
  const loss = await measureLoss(quantized, contexts, signal);
  const stored = await openStored();
  try {
    return { quantized: loss, stored: await measureLoss(stored, contexts, signal) };
  } finally {
    await stored.close();
  }
}

/** Tokenizes a text into contexts for a model, each beginning with BOS where the tokenizer has one. */
async function lossContexts(
  { text }: LossText,
  tokenizer: TokenizerPool,
  { n_ctx, d_vocab }: ModelRuntime['spec'],
  signal: AbortSignal,
): Promise<Int32Array[]> {
  const encoded = await tokenizer.encode([text], { addSpecial: false, signal });
  const known = encoded.ids.filter((id) => id < d_vocab).slice(0, MAX_TOKENS);
  const { bosTokenId } = tokenizer.facts;
  const start = bosTokenId === undefined ? [] : [bosTokenId];
  const length = Math.min(MAX_CONTEXT, n_ctx) - start.length;
  const contexts: Int32Array[] = [];
  for (let from = 0; length > 0 && from < known.length; from += length) {
    const context = Int32Array.of(...start, ...known.subarray(from, from + length));
    if (context.length > 1) contexts.push(context);
  }
  if (contexts.length > 0) return contexts;
  throw new FacetError(
    'invalid',
    'the text on which quantized weights are measured has fewer than two tokens',
    {
      field: 'FACET_INFERENCE_QUANTIZE_TEXT',
    },
  );
}

/** Measures the mean loss over every token but the first of each context. */
async function measureLoss(
  runtime: ModelRuntime,
  contexts: readonly Int32Array[],
  signal: AbortSignal,
): Promise<TextLoss> {
  let sum = 0;
  let tokens = 0;
  for (const context of contexts) {
    const { scores } = await runtime.forward({ tokens: context, batch: 1, scores: true, signal });
    for (const nll of scores!.nll.subarray(1)) sum += nll;
    tokens += context.length - 1;
  }
  return { meanNll: sum / tokens, tokens };
}
