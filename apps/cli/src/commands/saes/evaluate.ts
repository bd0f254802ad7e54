import {
  type AddressOptions,
  addClientCommand,
  type Clients,
  type Invocation,
  parseCount,
  type Run,
} from '@facet/console';
import { type EvaluateSaeRequest, SaeEvaluation } from '@facet/contracts';
import type { Command } from 'commander';
import { parseResource } from '../../parse/names.ts';
import { renderEvaluation } from '../../render/evaluations.ts';
import { evaluateSae } from '../../sweep/evaluate.ts';
import { clientAction } from '../client-action.ts';

interface EvaluateOptions extends AddressOptions {
  activations: string;
  tokens?: string;
  heldOut: boolean;
  model: boolean;
}

const MAX_TOKENS = 1_000_000;

/** Adds `facet saes evaluate`. */
export function addEvaluateCommand(group: Command, run: Run): void {
  const summary = 'measure an SAE on an activation set, and the model through the SAE';
  addClientCommand(group, 'evaluate <name>', summary)
    .requiredOption('--activations <name>', 'activation set of the same model and hook point')
    .option('--tokens <count>', 'most tokens to measure (default: 100k)')
    .option('--no-held-out', 'measure from the start of the set, not what training held out')
    .option('--no-model', 'measure reconstruction only')
    .action(run(evaluateOne));
}

const evaluateOne = clientAction<EvaluateOptions>(async (clients, invocation, options, operand) => {
  const evaluation = await evaluate(clients, invocation, {
    name: parseResource(operand!, 'saes', 'SAE'),
    activationSet: parseResource(options.activations, 'activationSets', '--activations'),
    maxTokens:
      options.tokens === undefined ? 0 : parseCount(options.tokens, '--tokens', { min: 1, max: MAX_TOKENS }),
    heldOut: options.heldOut,
    reconstructionOnly: !options.model,
  });
  return { text: renderEvaluation(evaluation, invocation), json: SaeEvaluation.toJSON(evaluation) };
});

async function evaluate(
  clients: Clients,
  { progress, signal }: Invocation,
  request: Partial<EvaluateSaeRequest>,
): Promise<SaeEvaluation> {
  const stage = progress.stage('evaluate');
  try {
    const evaluation = await evaluateSae(clients, request, { signal, onProgress: stage.update });
    stage.done('done');
    return evaluation;
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted' : 'failed');
    throw error;
  }
}
