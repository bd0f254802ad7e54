import {
  type AddressOptions,
  addClientCommand,
  type Bounds,
  parseCount,
  type Run,
  repeatable,
} from '@facet/console';
import { parseId } from '@facet/mesh';
import type { Command } from 'commander';
import { parseResource } from '../parse/names.ts';
import { addRunOptions, parseRunOptions, type RunOptions } from '../parse/run-options.ts';
import { addSweepOptions, parseSweepOptions, type SweepOptions } from '../parse/sweep.ts';
import { sweepResult } from '../sweep/result.ts';
import { trainResumable } from '../training/train-resumable.ts';
import { clientAction } from './client-action.ts';

interface SweepCommandOptions extends AddressOptions, SweepOptions, RunOptions {
  activations: string[];
  id?: string;
  out: string;
  model: boolean;
  evaluationTokens?: string;
}

const EVALUATION_TOKENS: Bounds = { min: 1, max: 1_000_000 };

const AFTERWARDS = `
The sweep is a training run: \`facet train list\`, \`show\`, \`watch\`, \`pause\`, \`resume\` and \`cancel\` know it.`;

/** Adds `facet sweep`. */
export function addSweepCommand(program: Command, run: Run): void {
  const summary = 'train many SAEs on one reading of the activations, and compare them';
  const command = addClientCommand(program, 'sweep', summary)
    .addOption(
      repeatable(
        '--activations <name>',
        'activation set to train on; can be given again',
      ).makeOptionMandatory(),
    )
    .option('--id <id>', 'id of the training run (default: follows from the other options)');
  addRunOptions(addSweepOptions(command))
    .option('--no-model', "compare by training's own held-out metrics alone")
    .option('--evaluation-tokens <count>', 'most tokens to measure an SAE on (default: 100k)')
    .option('--out <dir>', 'directory for the HTML page with the frontier', 'facet-report')
    .addHelpText('after', AFTERWARDS)
    .action(run(sweep));
}

const sweep = clientAction<SweepCommandOptions>(async (clients, invocation, options) => {
  const { out, model, evaluationTokens } = options;
  const id = options.id === undefined ? undefined : parseId(options.id, '--id');
  const { shared, variants } = parseSweepOptions(options);
  const maxTokens =
    evaluationTokens === undefined
      ? 0
      : parseCount(evaluationTokens, '--evaluation-tokens', EVALUATION_TOKENS);
  const spec = {
    ...shared,
    ...parseRunOptions(options),
    activationSets: options.activations.map((text) => parseResource(text, 'activationSets', '--activations')),
  };
  const trained = await trainResumable(clients, { id, spec, variants }, invocation);
  return sweepResult(clients, trained, { out, model, maxTokens }, invocation);
});
