import {
  type AddressOptions,
  addDefaultClientCommand,
  addGroup,
  describeIndexing,
  indexFeatures,
  indexingWork,
  parseCount,
  type Run,
} from '@facet/console';
import { IndexingRun } from '@facet/contracts';
import { newId, parseId } from '@facet/mesh';
import type { Command } from 'commander';
import { parseResource } from '../parse/names.ts';
import { INDEXING_RUN_COLUMNS, indexingRunFields } from '../render/indexing-runs.ts';
import { clientAction } from './client-action.ts';
import { addCancelVerb } from './verbs/cancel.ts';
import { addListVerb } from './verbs/list.ts';
import type { WorkKind } from './verbs/resource-kind.ts';
import { addShowVerb } from './verbs/show.ts';
import { addWatchVerb } from './verbs/watch.ts';

/** Indexing runs as the verbs see them. */
export const INDEXING_RUNS: WorkKind<IndexingRun> = {
  noun: 'indexing run',
  collection: 'indexingRuns',
  get: async (clients, name, call) => (await clients.indexing.getIndexingRun({ name }, call)).indexingRun,
  list: async (clients, page, call) => {
    const { indexingRuns, nextPageToken } = await clients.indexing.listIndexingRuns(page, call);
    return { items: indexingRuns, nextPageToken };
  },
  columns: INDEXING_RUN_COLUMNS,
  fields: indexingRunFields,
  toJson: IndexingRun.toJSON,
  work: indexingWork,
  outcome: describeIndexing,
};

/** Adds `facet index` and its verbs. */
export function addIndexCommands(program: Command, run: Run): void {
  const group = addGroup(program, 'index', 'index what every feature fires on', 'create');
  addDefaultClientCommand(group, 'create', 'build the feature index of an SAE from an activation set')
    .requiredOption('--sae <name>', 'SAE, saes/{id} or its id')
    .requiredOption('--activations <name>', 'activation set of the SAE’s model and hook point')
    .option('--tokens <count>', 'index at most this many rows (default: all)')
    .option('--id <id>', 'id of the indexing run (default: one is chosen)')
    .action(run(createIndex));
  addListVerb(group, run, INDEXING_RUNS);
  addShowVerb(group, run, INDEXING_RUNS);
  addWatchVerb(group, run, INDEXING_RUNS);
  addCancelVerb(group, run, INDEXING_RUNS);
}

interface IndexOptions extends AddressOptions {
  sae: string;
  activations: string;
  tokens?: string;
  id?: string;
}

const createIndex = clientAction<IndexOptions>(async (clients, invocation, options) => {
  const bounds = { min: 1, max: Number.MAX_SAFE_INTEGER };
  const spec = {
    sae: parseResource(options.sae, 'saes', '--sae'),
    activationSet: parseResource(options.activations, 'activationSets', '--activations'),
    maxTokens: options.tokens === undefined ? 0n : BigInt(parseCount(options.tokens, '--tokens', bounds)),
  };
  const id = options.id === undefined ? newId('index') : parseId(options.id, '--id');
  const run = await indexFeatures(clients, { id, spec }, invocation);
  const lines = [`${spec.sae}: ${describeIndexing(run)}`, ...(run.summary?.notices ?? [])];
  return { text: lines.join('\n'), json: IndexingRun.toJSON(run) };
});
