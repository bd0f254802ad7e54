import { type Bounds, parseCount, parseDecimal } from '@facet/console';
import type { TrainingSpec } from '@facet/contracts';
import type { Command } from 'commander';

/** Options of a run besides what is trained and in how many steps, as commander gives them. */
export interface RunOptions {
  warmupSteps?: string;
  decayFraction?: string;
  gradientClipNorm?: string;
  deadWindowTokens?: string;
  heldOutFraction?: string;
  engine?: string;
  maxNormMultiple?: string;
  checkpointSteps?: string;
  checkpointMinutes?: string;
}

const MULTIPLE: Bounds = { min: 1, max: 1e9 };
/** As the contract's uint32. */
const WARMUP: Bounds = { min: 0, max: 2 ** 32 - 1 };
const SHARE: Bounds = { min: 0, max: 1 };
const NORM: Bounds = { min: 0, max: 1e9 };
const WINDOW: Bounds = { min: 1, max: Number.MAX_SAFE_INTEGER };
const HELD_OUT: Bounds = { min: 0, max: 0.5 };
const STEPS: Bounds = { min: 1, max: Number.MAX_SAFE_INTEGER };
const MINUTES: Bounds = { min: 0, max: 1440 };

/** Adds the options of the schedule's details, of the rows that are held or left out, and of checkpoints. */
export function addRunOptions(command: Command): Command {
  return command
    .option('--warmup-steps <count>', "steps over which the learning rate rises (default: the recipe's)")
    .option(
      '--decay-fraction <share>',
      'share of the steps, at the end, over which the learning rate falls (default: 0.2)',
    )
    .option('--gradient-clip-norm <norm>', 'largest norm of the gradient (default: 1; 0: any)')
    .option(
      '--dead-window-tokens <count>',
      'tokens without firing that make a feature dead (default: 10M or half the run, if that is less)',
    )
    .option('--held-out-fraction <share>', 'share of the documents held out to measure on (default: 0.05)')
    .option(
      '--engine <name>',
      'what trains: cpu, tfjs, or tfjs:node-gpu, tfjs:node, tfjs:wasm, tfjs:cpu',
      'cpu',
    )
    .option(
      '--max-norm-multiple <number>',
      'leave out tokens with a norm above this multiple of the median norm',
    )
    .option('--checkpoint-steps <count>', 'write a checkpoint every so many steps (default: by time alone)')
    .option(
      '--checkpoint-minutes <number>',
      'write a checkpoint after so many minutes (default: 5; 0: never)',
    );
}

/** Checks the options and makes the part of a TrainingSpec that they give. */
export function parseRunOptions(options: RunOptions): Partial<TrainingSpec> {
  const { engine = '' } = options;
  const deadWindow = count(options.deadWindowTokens, '--dead-window-tokens', WINDOW);
  return {
    warmupSteps: count(options.warmupSteps, '--warmup-steps', WARMUP),
    decayFraction: decimal(options.decayFraction, '--decay-fraction', SHARE),
    gradientClipNorm: decimal(options.gradientClipNorm, '--gradient-clip-norm', NORM),
    deadWindowTokens: deadWindow === undefined ? undefined : BigInt(deadWindow),
    heldOutFraction: decimal(options.heldOutFraction, '--held-out-fraction', HELD_OUT),
    // The default is left to the service, so that a run without a choice stays the same run.
    engine: engine === 'cpu' ? '' : engine,
    maxNormMultiple: decimal(options.maxNormMultiple, '--max-norm-multiple', MULTIPLE),
    checkpointSteps: BigInt(count(options.checkpointSteps, '--checkpoint-steps', STEPS) ?? 0),
    checkpointMinutes: decimal(options.checkpointMinutes, '--checkpoint-minutes', MINUTES),
  };
}

function count(text: string | undefined, option: string, bounds: Bounds): number | undefined {
  return text === undefined ? undefined : parseCount(text, option, bounds);
}

function decimal(text: string | undefined, option: string, bounds: Bounds): number | undefined {
  return text === undefined ? undefined : parseDecimal(text, option, bounds);
}
