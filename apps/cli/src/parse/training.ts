import { type Bounds, parseCount, parseDecimal, parseSeed } from '@facet/console';
import type { TrainingSpec } from '@facet/contracts';
import type { Command } from 'commander';
import { addRecipeOptions, parseRecipe, type RecipeOptions } from './recipe.ts';

/** Options that `addTrainingOptions` adds, as commander gives them. */
export interface TrainingOptions extends RecipeOptions, StepOptions {
  dSae: string;
}

/** Options that `addStepOptions` adds. */
export interface StepOptions {
  trainTokens?: string;
  batch?: string;
  learningRate?: string;
  seed: string;
}

/** Limits of the contract; the service checks what depends on the data. */
export const D_SAE: Bounds = { min: 2, max: 1_048_576 };
const BATCH: Bounds = { min: 1, max: 65_536 };
const LEARNING_RATE: Bounds = { min: 1e-9, max: 1 };
const TOKENS: Bounds = { min: 1, max: Number.MAX_SAFE_INTEGER };

/** Adds the options that say how an SAE is trained; `batch` is the default where it is not the contract's. */
export function addTrainingOptions(command: Command, batch?: string): Command {
  return addStepOptions(
    addRecipeOptions(command.requiredOption('--d-sae <count>', 'number of features')),
    batch,
  );
}

/** Adds the options that say on what is trained and in which steps. */
export function addStepOptions(command: Command, batch?: string): Command {
  return command
    .option('--train-tokens <count>', 'tokens to train on, repeats counted (default: one pass)')
    .option('--batch <count>', `tokens of a step${batch === undefined ? ' (default: 4096)' : ''}`, batch)
    .option('--learning-rate <rate>', "peak learning rate of Adam (default: the recipe's)")
    .option('--seed <number>', 'seed of initialisation and shuffling', '0');
}

/** Checks the options and makes the part of a TrainingSpec that they give. */
export function parseTrainingOptions(options: TrainingOptions): Partial<TrainingSpec> {
  const dSae = parseCount(options.dSae, '--d-sae', D_SAE);
  return { dSae, ...parseRecipe(options, dSae), ...parseStepOptions(options) };
}

/** Checks the options of the steps and makes their part of a TrainingSpec. */
export function parseStepOptions(options: StepOptions): Partial<TrainingSpec> {
  return {
    tokens:
      options.trainTokens === undefined
        ? 0n
        : BigInt(parseCount(options.trainTokens, '--train-tokens', TOKENS)),
    batchTokens: options.batch === undefined ? 0 : parseCount(options.batch, '--batch', BATCH),
    learningRate:
      options.learningRate === undefined
        ? undefined
        : parseDecimal(options.learningRate, '--learning-rate', LEARNING_RATE),
    seed: parseSeed(options.seed, '--seed'),
  };
}
