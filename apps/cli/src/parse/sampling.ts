import { parseCount, parseDecimal, parseSeed } from '@facet/console';
import type { SamplingOptions as SamplingMessage } from '@facet/contracts';
import type { Command } from 'commander';

/** Options that `addSamplingOptions` adds, as commander gives them. */
export interface SamplingOptions {
  temperature: string;
  topK?: string;
  topP?: string;
  maxTokens: string;
}

const MAX_TEMPERATURE = 100;
const MAX_NEW_TOKENS = 1_048_576;

/** Adds the options that say how text is sampled. */
export function addSamplingOptions(command: Command): Command {
  return command
    .option('--temperature <number>', 'softmax temperature; 0 is greedy', '0')
    .option('--top-k <count>', 'keep only the k most likely tokens')
    .option('--top-p <share>', 'keep the most likely tokens that sum to this')
    .option('--max-tokens <count>', 'most tokens to generate', '64');
}

/** Checks the options and makes the settings of a request; `seed` is text too. */
export function parseSamplingOptions(
  options: SamplingOptions,
  seed: string | undefined,
): Partial<SamplingMessage> {
  return {
    temperature: parseDecimal(options.temperature, '--temperature', { min: 0, max: MAX_TEMPERATURE }),
    maxTokens: parseCount(options.maxTokens, '--max-tokens', { min: 1, max: MAX_NEW_TOKENS }),
    ...(options.topK === undefined
      ? {}
      : { topK: parseCount(options.topK, '--top-k', { min: 0, max: MAX_NEW_TOKENS }) }),
    ...(options.topP === undefined
      ? {}
      : { topP: parseDecimal(options.topP, '--top-p', { min: Number.MIN_VALUE, max: 1 }) }),
    ...(seed === undefined ? {} : { seed: parseSeed(seed, '--seed') }),
  };
}
