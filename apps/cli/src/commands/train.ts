import {
  type AddressOptions,
  addClientCommand,
  addDefaultClientCommand,
  addGroup,
  type Clients,
  type CommandResult,
  describeEngine,
  describeTrainingInFull,
  type Invocation,
  type Run,
  repeatable,
  TRAINING_RUN_COLUMNS,
  trainingRunFields,
  trainingWork,
} from '@facet/console';
import { TrainingRun, type TrainingSpec } from '@facet/contracts';
import { parseId } from '@facet/mesh';
import type { Command } from 'commander';
import { parseResource } from '../parse/names.ts';
import { addRunOptions, parseRunOptions, type RunOptions } from '../parse/run-options.ts';
import { addTrainingOptions, parseTrainingOptions, type TrainingOptions } from '../parse/training.ts';
import { sweepResult } from '../sweep/result.ts';
import { writeTrainingReport } from '../training/train-report.ts';
import { followTraining, trainResumable } from '../training/train-resumable.ts';
import { clientAction } from './client-action.ts';
import { addCancelVerb } from './verbs/cancel.ts';
import { addDeleteVerb, type DeletableKind } from './verbs/delete.ts';
import { addListVerb } from './verbs/list.ts';
import { addPauseVerb } from './verbs/pause.ts';
import { requirePresent } from './verbs/require-present.ts';
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
  outcome: describeTrainingInFull,
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
    .option('--id <id>', 'id of the training run (default: follows from the other options)')
    .option('--sae <id>', 'id that the SAE gets (default: the id of the run)');
  addOutOption(addRunOptions(addTrainingOptions(create))).action(run(createTraining));
  const resume = addClientCommand(group, 'resume <name>', 'let a paused training run go on, and follow it');
  addOutOption(resume).action(run(resumeTraining));
  addPauseVerb(group, run);
  addListVerb(group, run, TRAINING_RUNS);
  addShowVerb(group, run, TRAINING_RUNS);
  addWatchVerb(group, run, TRAINING_RUNS);
  addCancelVerb(group, run, TRAINING_RUNS);
  addDeleteVerb(group, run, TRAINING_RUNS);
}

interface ReportOptions {
  out: string;
}

interface TrainOptions extends AddressOptions, TrainingOptions, RunOptions, ReportOptions {
  activations: string[];
  id?: string;
  sae?: string;
}

function addOutOption(command: Command): Command {
  return command.option('--out <dir>', 'directory for the HTML page with the curves', 'facet-report');
}

const createTraining = clientAction<TrainOptions>(async (clients, invocation, options) => {
  const id = options.id === undefined ? undefined : parseId(options.id, '--id');
  const spec: Partial<TrainingSpec> = {
    ...parseTrainingOptions(options),
    ...parseRunOptions(options),
    activationSets: options.activations.map((text) => parseResource(text, 'activationSets', '--activations')),
    sae: options.sae === undefined ? '' : parseResource(options.sae, 'saes', '--sae'),
  };
  const run = await trainResumable(clients, { id, spec }, invocation);
  return trained(clients, run, { ...invocation, out: options.out });
});

const resumeTraining = clientAction<AddressOptions & ReportOptions>(
  async (clients, invocation, { out }, operand) => {
    const { signal } = invocation;
    const name = parseResource(operand!, 'trainingRuns', 'training run');
    const { trainingRun } = await clients.training.getTrainingRun({ name }, { signal });
    const found = TrainingRun.fromPartial(requirePresent(trainingRun, name));
    return trained(clients, await followTraining(clients, found, invocation), { ...invocation, out });
  },
);

/** Writes the page of a run that succeeded and says what came out. */
async function trained(
  clients: Clients,
  run: TrainingRun,
  { out, ...invocation }: Invocation & ReportOptions,
): Promise<CommandResult> {
  if (run.members.length > 0)
    return sweepResult(clients, run, { out, model: true, maxTokens: 0 }, invocation);
  const { signal } = invocation;
  const report = await writeTrainingReport(clients, run, { out, signal });
  return {
    text: `${run.spec?.sae}: ${describeTrainingInFull(run)}\nengine: ${describeEngine(run)}\nreport: ${report}`,
    json: { ...(TrainingRun.toJSON(run) as object), report },
  };
}
