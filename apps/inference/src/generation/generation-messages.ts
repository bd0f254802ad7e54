import { randomBytes } from 'node:crypto';
import {
  FinishReason,
  type GenerateTextRequest,
  type GenerateTextResponse,
  type GenerationVariant,
  type SamplingOptions,
  SamplingOptions as SamplingOptionsMessage,
  type TokenLogprob,
} from '@facet/contracts';
import { FacetError, quote } from '@facet/errors';
import { requireSamplingOptions } from '@facet/transformer/sampling';
import { proofMessages, readInterventions } from '../editing/intervention-messages.ts';
import { planInterventions } from '../editing/intervention-plan.ts';
import type { LoadedModel } from '../models/loaded-model.ts';
import { lineageMessage } from '../models/model-messages.ts';
import { tokenBatch } from '../tokens/token-batches.ts';
import { joinSequences } from '../tokens/token-sequences.ts';
import type {
  FinishedEvent,
  GenerationEvent,
  GenerationQuestion,
  TokenEvent,
  Variant,
} from './generate-text.ts';
import type { FinishReason as Reason } from './generated-text.ts';
import { readPrompt } from './prompt-messages.ts';

const MAX_VARIANTS = 16;
const MAX_VARIANT_ID_CHARS = 64;
const MAX_STOP_TEXTS = 16;
/** Longest stop text, in UTF-16 units: bounds how much text is held back. */
const MAX_STOP_CHARS = 1024;
const DEFAULT_MAX_TOKENS = 64;

/** Reads a GenerateText request for `model`; a seed is chosen here where none is given. */
export async function readGenerationRequest(
  request: GenerateTextRequest,
  model: LoadedModel,
  signal: AbortSignal,
): Promise<GenerationQuestion> {
  const sampling = request.sampling ?? SamplingOptionsMessage.fromPartial({});
  const prompt = await readPrompt(request.prompt, model, signal);
  const variants = readVariants(request.variants, model);
  // Also refuses variants that have too many different features together.
  planInterventions(variants.map(({ interventions }) => interventions));
  return {
    model,
    prompt,
    variants,
    sampling: readSampling(sampling, model.runtime.spec.d_vocab),
    maxTokens: readMaxTokens(sampling.maxTokens, {
      promptTokens: prompt.length,
      n_ctx: model.runtime.spec.n_ctx,
      field: request.prompt?.$case === 'chat' ? 'chat' : 'text',
    }),
    stops: readStops(sampling.stop),
    ignoreEos: sampling.ignoreEos,
    compareWithUnedited: request.compareWithUnedited,
  };
}

/** Writes what is going to run. */
export async function generationStarted(
  { model, prompt, variants, sampling }: GenerationQuestion,
  signal: AbortSignal,
): Promise<GenerateTextResponse> {
  const value = {
    seed: sampling.seed,
    prompt: tokenBatch(joinSequences([prompt])),
    promptTokenTexts: await model.tokenizer.tokenTexts(prompt, signal),
    variantIds: variants.map(({ id }) => id),
    lineage: lineageMessage(model),
  };
  return { event: { $case: 'started', value } };
}

/** Writes tokens, proofs and ends as they come. */
export async function generationMessages(
  { model }: GenerationQuestion,
  event: GenerationEvent,
  signal: AbortSignal,
): Promise<GenerateTextResponse[]> {
  switch (event.type) {
    case 'proof':
      return proofMessages(event.proof).map((value) => ({ event: { $case: 'proof', value } }));
    case 'finished':
      return [{ event: { $case: 'finished', value: finishedMessage(event) } }];
    case 'token': {
      const { type: _, top, ...token } = event;
      const topLogprobs = await topMessages(top, model, signal);
      return [{ event: { $case: 'token', value: { ...token, topLogprobs } } }];
    }
  }
}

async function topMessages(
  top: TokenEvent['top'],
  { tokenizer }: LoadedModel,
  signal: AbortSignal,
): Promise<TokenLogprob[]> {
  if (top.length === 0) return [];
  const ids = top.map(({ id }) => id);
  const texts = await tokenizer.tokenTexts(ids, signal);
  return top.map(({ id, logprob }, place) => ({ tokenId: id, text: texts[place]!, logprob }));
}

const FINISH_REASONS: Record<Reason, FinishReason> = {
  eos: FinishReason.EOS,
  stop: FinishReason.STOP,
  'max-tokens': FinishReason.MAX_TOKENS,
};

function finishedMessage({ variant, reason, text, tokens, positionsEdited }: FinishedEvent) {
  return { variant, reason: FINISH_REASONS[reason], text, tokens, positionsEdited };
}

function readVariants(messages: readonly GenerationVariant[], model: LoadedModel): Variant[] {
  if (messages.length === 0) return [{ id: 'default', interventions: [] }];
  if (messages.length > MAX_VARIANTS)
    throw invalid(`${messages.length} variants; the limit is ${MAX_VARIANTS}`, 'variants');
  const ids = new Set<string>();
  return messages.map(({ id, interventions }, index) => {
    const field = `variants[${index}]`;
    if (id.length < 1 || id.length > MAX_VARIANT_ID_CHARS)
      throw invalid(
        `the id has ${id.length} characters; from 1 to ${MAX_VARIANT_ID_CHARS} are possible`,
        `${field}.id`,
      );
    if (ids.has(id)) throw invalid(`two variants are called ${quote(id)}`, `${field}.id`);
    ids.add(id);
    const options = { model, field: `${field}.interventions`, generates: true };
    return { id, interventions: readInterventions(interventions, options) };
  });
}

/** Settings that are left out have the contract's defaults. */
function readSampling(message: SamplingOptions, d_vocab: number): GenerationQuestion['sampling'] {
  const { maxTokens: _, stop: __, ignoreEos: ___, seed, ...options } = message;
  try {
    requireSamplingOptions(options, d_vocab);
  } catch (cause) {
    const refused = cause as FacetError;
    throw new FacetError('invalid', refused.message, {
      cause,
      field: `sampling.${refused.field}`,
      reason: 'INVALID_SAMPLING',
    });
  }
  return { ...options, seed: seed ?? randomBytes(8).readBigUInt64BE() };
}

/** A number that is asked for must fit; the default takes what fits. */
function readMaxTokens(
  asked: number,
  { promptTokens, n_ctx, field }: { promptTokens: number; n_ctx: number; field: string },
): number {
  const room = n_ctx - promptTokens;
  const wanted = Math.max(1, asked);
  if (wanted > room)
    throw new FacetError(
      'invalid',
      `the prompt has ${promptTokens} tokens and ${wanted} are to be generated, but the context of the model is ` +
        `${n_ctx}; shorten the prompt or lower max_tokens`,
      { field: asked === 0 ? field : 'sampling.max_tokens', reason: 'CONTEXT_EXCEEDED' },
    );
  return asked === 0 ? Math.min(DEFAULT_MAX_TOKENS, room) : asked;
}

function readStops(stops: readonly string[]): readonly string[] {
  if (stops.length > MAX_STOP_TEXTS)
    throw invalid(`${stops.length} stop texts; the limit is ${MAX_STOP_TEXTS}`, 'sampling.stop');
  stops.forEach((stop, index) => {
    if (stop.length < 1 || stop.length > MAX_STOP_CHARS)
      throw invalid(
        `the stop text has ${stop.length} characters; from 1 to ${MAX_STOP_CHARS} are possible`,
        `sampling.stop[${index}]`,
      );
  });
  return stops;
}

function invalid(problem: string, field: string): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field });
}
