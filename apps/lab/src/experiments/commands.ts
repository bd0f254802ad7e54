import { type Action, addCommand, addGroup, DEFAULT_DATA_DIRECTORY, type Run } from '@facet/console';
import type { Command } from 'commander';
import { LAB_SAE } from '../landmarks/lab.ts';
import type { Experiment } from './definition.ts';
import { DEFAULT_SIZES } from './scaling/plan.ts';

/** All experiments, in the order of the papers. */
const EXPERIMENTS: readonly Experiment[] = [
  {
    name: 'specificity',
    summary: 'does a feature fire where its concept is meant, and nowhere else?',
    load: async () => (await import('./specificity/specificity.ts')).runSpecificity,
  },
  {
    name: 'clamping',
    summary: 'clamp the features of concepts: what the texts turn to, and how fluent they stay',
    load: async () => (await import('./clamping/clamping.ts')).runClamping,
  },
  {
    name: 'superposition',
    summary: 'more features than dimensions in a toy, and SAEs that find its true directions',
    load: async () => (await import('./superposition.ts')).runSuperposition,
  },
  {
    name: 'directions',
    summary: 'linear relations between names: capitals, languages, descriptions',
    load: async () => (await import('./directions/directions.ts')).runDirections,
  },
  {
    name: 'scaling',
    summary: 'dictionaries of 512 to 16k features: quality, concepts found, feature splitting',
    addOptions: (command) =>
      command
        .option('--sizes <counts>', 'dictionary sizes, with commas between', DEFAULT_SIZES)
        .option('--k <count>', 'features that fire for a token', String(LAB_SAE.k))
        .option('--quick', 'train and measure on fewer tokens'),
    load: async () => (await import('./scaling/scaling.ts')).runScaling,
  },
];

/** Adds `facet experiment <name>`. */
export function addExperimentCommands(program: Command, run: Run): void {
  const group = addGroup(program, 'experiment', 'repeat the experiments of the papers on the bundled model');
  for (const { name, summary, addOptions, load } of EXPERIMENTS) {
    const command = addCommand(group, name, summary)
      .option('--seed <number>', 'seed of everything that is drawn', '0')
      .option('--data-dir <directory>', 'where everything is stored', DEFAULT_DATA_DIRECTORY)
      .option('--out <directory>', 'where the report is written', 'facet-report');
    addOptions?.(command);
    const action: Action<never> = async (...call) => (await load())(...call);
    command.action(run(action));
  }
}
