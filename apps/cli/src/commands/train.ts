import { TrainingRun, type TrainingSpec } from '@facet/contracts';
import { newId, parseId } from '@facet/mesh';
import type { Command } from 'commander';
import type { AddressOptions } from '../addresses.ts';
import { clientAction } from '../client-action.ts';
import { addDefaultClientCommand, addGroup, repeatable } from '../command-builder.ts';
import type { Run } from '../invocation.ts';
import { parseResource } from '../parse/names.ts';
import { addTrainingOptions, parseTrainingOptions, type TrainingOptions } from '../parse/training.ts';
import { TRAINING_RUN_COLUMNS, trainingRunFields } from '../render/training-runs.ts';
import { describeTraining, train, trainingWork } from '../steps/train.ts';
import { addCancelVerb } from './verbs/cancel.ts';
import { addDeleteVerb, type DeletableKind } from './verbs/delete.ts';
import { addListVerb } from './verbs/list.ts';
import type { WorkKind } from './verbs/resource-kind.ts';
import { addShowVerb } from './verbs/show.ts';
import { addWatchVerb } from './verbs/watch.ts';

/** Training runs as the verbs see them. */
export const TRAINING_RUNS: WorkKind<TrainingRun> & DeletableKind<TrainingRun> = {
  noun: 'training run',
  collection: 'trainingRuns',
  get: async (clients, name, call) => (await clients.training.getTrainingRun({ name }, call)).trainingRun,
  list: async (clients, page, call) => {
    const { trainingRuns, nextPageToken } = await clients.training.listTrainingRuns(page, call);
    return { items: trainingRuns, nextPageToken };
  },
  delete: (clients, name, call) => clients.training.deleteTrainingRun({ name }, call),
  columns: TRAINING_RUN_COLUMNS,
  fields: trainingRunFields,
  toJson: TrainingRun.toJSON,
  work: trainingWork,
  outcome: describeTraining,
};

/** Adds `facet train` and its verbs. */
export function addTrainCommands(program: Command, run: Run): void {
  const group = addGroup(program, 'train', 'train sparse autoencoders', 'create');
  const create = addDefaultClientCommand(group, 'create', 'train an SAE on activation sets')
    .addOption(
      repeatable(
        '--activations <name>',
        'activation set to train on; can be given again',
      ).makeOptionMandatory(),
    )
    .option('--id <id>', 'id of the training run (default: one is chosen)')
    .option('--sae <id>', 'id that the SAE gets (default: the id of the run)');
  addTrainingOptions(create).action(run(createTraining));
  addListVerb(group, run, TRAINING_RUNS);
  addShowVerb(group, run, TRAINING_RUNS);
  addWatchVerb(group, run, TRAINING_RUNS);
  addCancelVerb(group, run, TRAINING_RUNS);
  addDeleteVerb(group, run, TRAINING_RUNS);
}

interface TrainOptions extends AddressOptions, TrainingOptions {
  activations: string[];
  id?: string;
  sae?: string;
}

const createTraining = clientAction<TrainOptions>(async (clients, invocation, options) => {
  const id = options.id === undefined ? newId('run') : parseId(options.id, '--id');
  const spec: Partial<TrainingSpec> = {
    ...parseTrainingOptions(options),
    activationSets: options.activations.map((text) => parseResource(text, 'activationSets', '--activations')),
    sae: parseResource(options.sae ?? id, 'saes', '--sae'),
  };
  const run = await train(clients, { id, spec }, invocation);
  const sae = run.spec?.sae ?? spec.sae;
  return { text: `${sae}: ${describeTraining(run)}`, json: TrainingRun.toJSON(run) };
});
