import {
  type AddressOptions,
  addDefaultClientCommand,
  addGroup,
  capture,
  captureWork,
  describeCapture,
  parseCount,
  type Run,
} from '@facet/console';
import { ActivationSet, DataType } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { newId, parseId } from '@facet/mesh';
import type { Command } from 'commander';
import { addCorpusOptions, type CorpusOptions, parseCorpus } from '../parse/corpus.ts';
import { parseResource } from '../parse/names.ts';
import { ACTIVATION_SET_COLUMNS, activationSetFields } from '../render/activation-sets.ts';
import { clientAction } from './client-action.ts';
import { addCancelVerb } from './verbs/cancel.ts';
import { addDeleteVerb, type DeletableKind } from './verbs/delete.ts';
import { addListVerb } from './verbs/list.ts';
import type { WorkKind } from './verbs/resource-kind.ts';
import { addShowVerb } from './verbs/show.ts';
import { addWatchVerb } from './verbs/watch.ts';

/** Activation sets as the verbs see them. */
export const ACTIVATION_SETS: WorkKind<ActivationSet> & DeletableKind<ActivationSet> = {
  noun: 'activation set',
  collection: 'activationSets',
  get: async (clients, name, call) => (await clients.capture.getActivationSet({ name }, call)).activationSet,
  list: async (clients, page, call) => {
    const { activationSets, nextPageToken } = await clients.capture.listActivationSets(page, call);
    return { items: activationSets, nextPageToken };
  },
  delete: (clients, name, call) => clients.capture.deleteActivationSet({ name }, call),
  columns: ACTIVATION_SET_COLUMNS,
  fields: activationSetFields,
  toJson: ActivationSet.toJSON,
  work: captureWork,
  outcome: describeCapture,
};

/** Adds `facet capture` and its verbs. */
export function addCaptureCommands(program: Command, run: Run): void {
  const group = addGroup(program, 'capture', 'record activations of a corpus', 'create');
  const create = addDefaultClientCommand(
    group,
    'create',
    'capture the activations of a corpus at a hook point',
  );
  addCorpusOptions(create)
    .requiredOption('--model <name>', 'model, models/{id} or its id')
    .requiredOption('--hook <name>', 'hook point, such as blocks.2.hook_resid_post')
    .option('--tokens <count>', 'stop after this many tokens, BOS included (default: the whole corpus)')
    .option('--context <count>', 'tokens of a context, BOS included (default: 256 or the model’s longest)')
    .option('--dtype <type>', 'element type stored: f16 or f32', 'f16')
    .option('--separate-documents', 'begin a context with every document (default: documents fill contexts)')
    .option('--id <id>', 'id of the activation set (default: one is chosen)')
    .action(run(createCapture));
  addListVerb(group, run, ACTIVATION_SETS);
  addShowVerb(group, run, ACTIVATION_SETS);
  addWatchVerb(group, run, ACTIVATION_SETS);
  addCancelVerb(group, run, ACTIVATION_SETS);
  addDeleteVerb(group, run, ACTIVATION_SETS);
}

interface CaptureOptions extends AddressOptions, CorpusOptions {
  model: string;
  hook: string;
  tokens?: string;
  context?: string;
  separateDocuments?: boolean;
  dtype: string;
  id?: string;
}

const createCapture = clientAction<CaptureOptions>(async (clients, invocation, options) => {
  const request = {
    id: options.id === undefined ? newId('set') : parseId(options.id, '--id'),
    spec: {
      model: parseResource(options.model, 'models', '--model'),
      hookPoint: options.hook,
      corpus: await parseCorpus(options),
      maxTokens: BigInt(optionalCount(options.tokens, '--tokens', Number.MAX_SAFE_INTEGER)),
      contextTokens: optionalCount(options.context, '--context', MAX_CONTEXT_TOKENS),
      dtype: parseDtype(options.dtype),
      separateDocuments: options.separateDocuments ?? false,
    },
  };
  const set = await capture(clients, request, invocation);
  return { text: `${set.name}: ${describeCapture(set)}`, json: ActivationSet.toJSON(set) };
});

/** Longest context that can be asked for; the service knows the model's. */
const MAX_CONTEXT_TOKENS = 1_048_576;

function optionalCount(text: string | undefined, option: string, max: number): number {
  return text === undefined ? 0 : parseCount(text, option, { min: 2, max });
}

function parseDtype(text: string): DataType {
  if (text.toLowerCase() === 'f16') return DataType.F16;
  if (text.toLowerCase() === 'bf16') return DataType.BF16;
  if (text.toLowerCase() === 'f32') return DataType.F32;
  throw new FacetError('invalid', `--dtype ${JSON.stringify(text)} is not known; write f16, bf16 or f32`);
}
