import { type Bounds, parseCount, parseDecimal, parseSeed, repeatable } from '@facet/console';
import type { LogitBias, SamplingOptions as SamplingMessage } from '@facet/contracts';
import { FacetError, quote } from '@facet/errors';
import type { Command } from 'commander';

/** Options that `addSamplingOptions` adds, as commander gives them. */
export interface SamplingOptions {
  temperature: string;
  topK?: string;
  topP?: string;
  minP?: string;
  repetitionPenalty?: string;
  presencePenalty?: string;
  frequencyPenalty?: string;
  logitBias?: string[];
  maxTokens: string;
}

const TEMPERATURE: Bounds = { min: 0, max: 100 };
const SHARE: Bounds = { min: 0, max: 1 };
const POSITIVE_SHARE: Bounds = { min: Number.MIN_VALUE, max: 1 };
const REPETITION: Bounds = { min: 0.01, max: 100 };
const PENALTY: Bounds = { min: -2, max: 2 };
const BIAS: Bounds = { min: -100, max: 100 };
/** As the contract's uint32. */
const TOKEN_ID: Bounds = { min: 0, max: 2 ** 32 - 1 };
const MAX_NEW_TOKENS = 1_048_576;

/** Adds the options that say how text is sampled. */
export function addSamplingOptions(command: Command): Command {
  return command
    .option('--temperature <number>', 'softmax temperature; 0 is greedy', '0')
    .option('--top-k <count>', 'keep only the k most likely tokens')
    .option('--top-p <share>', 'keep the most likely tokens that sum to this')
    .option('--min-p <share>', 'keep only tokens at least this share as likely as the likeliest')
    .option('--repetition-penalty <number>', 'divide logits of tokens in the prompt or the text (default: 1)')
    .option('--presence-penalty <number>', 'subtract this from logits of generated tokens (default: 0)')
    .option(
      '--frequency-penalty <number>',
      'subtract this from logits of generated tokens, as often as they were generated (default: 0)',
    )
    .addOption(repeatable('--logit-bias <bias>', 'token id=number, added to the logit; can be given again'))
    .option('--max-tokens <count>', 'most tokens to generate', '64');
}

/** Checks the options and makes the settings of a request; `seed` is text too. What is not given is left to the service. */
export function parseSamplingOptions(
  options: SamplingOptions,
  seed: string | undefined,
): Partial<SamplingMessage> {
  const { topK } = options;
  return given({
    temperature: parseDecimal(options.temperature, '--temperature', TEMPERATURE),
    maxTokens: parseCount(options.maxTokens, '--max-tokens', { min: 1, max: MAX_NEW_TOKENS }),
    topK: topK === undefined ? undefined : parseCount(topK, '--top-k', { min: 0, max: MAX_NEW_TOKENS }),
    topP: decimal(options.topP, '--top-p', POSITIVE_SHARE),
    minP: decimal(options.minP, '--min-p', SHARE),
    repetitionPenalty: decimal(options.repetitionPenalty, '--repetition-penalty', REPETITION),
    presencePenalty: decimal(options.presencePenalty, '--presence-penalty', PENALTY),
    frequencyPenalty: decimal(options.frequencyPenalty, '--frequency-penalty', PENALTY),
    logitBias: options.logitBias?.map(parseLogitBias),
    seed: seed === undefined ? undefined : parseSeed(seed, '--seed'),
  });
}

function decimal(text: string | undefined, option: string, bounds: Bounds): number | undefined {
  return text === undefined ? undefined : parseDecimal(text, option, bounds);
}

function parseLogitBias(text: string): LogitBias {
  const [id, bias, ...rest] = text.split('=');
  if (id === undefined || bias === undefined || rest.length > 0)
    throw new FacetError(
      'invalid',
      `--logit-bias ${quote(text)} must be a token id and a number, such as 402=-5`,
    );
  return {
    tokenId: parseCount(id, `the token id of --logit-bias ${quote(text)}:`, TOKEN_ID),
    bias: parseDecimal(bias, `the number of --logit-bias ${quote(text)}:`, BIAS),
  };
}

function given(settings: { [K in keyof SamplingMessage]?: SamplingMessage[K] | undefined }) {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<SamplingMessage>;
}
