import type { TrainingSpec } from '@facet/contracts';
import type { Command } from 'commander';
import { type Bounds, parseCount, parseDecimal } from './numbers.ts';

/** Options of a run besides what is trained, as commander gives them. */
export interface RunOptions {
  engine?: string;
  maxNormMultiple?: string;
  checkpointSteps?: string;
  checkpointMinutes?: string;
}

const MULTIPLE: Bounds = { min: 1, max: 1e9 };
const STEPS: Bounds = { min: 1, max: Number.MAX_SAFE_INTEGER };
const MINUTES: Bounds = { min: 0, max: 1440 };

/** Adds the options that say which rows are left out and when checkpoints are written. */
export function addRunOptions(command: Command): Command {
  return command
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
  const { engine = '', maxNormMultiple, checkpointSteps, checkpointMinutes } = options;
  return {
    // The default is left to the service, so that a run without a choice stays the same run.
    engine: engine === 'cpu' ? '' : engine,
    maxNormMultiple:
      maxNormMultiple === undefined
        ? undefined
        : parseDecimal(maxNormMultiple, '--max-norm-multiple', MULTIPLE),
    checkpointSteps:
      checkpointSteps === undefined ? 0n : BigInt(parseCount(checkpointSteps, '--checkpoint-steps', STEPS)),
    checkpointMinutes:
      checkpointMinutes === undefined
        ? undefined
        : parseDecimal(checkpointMinutes, '--checkpoint-minutes', MINUTES),
  };
}
