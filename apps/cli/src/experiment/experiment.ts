import type { Command } from 'commander';
import { addCommand, addGroup, DEFAULT_DATA_DIRECTORY } from '../command-builder.ts';
import type { Run } from '../invocation.ts';
import { CLAMPING } from './clamping/clamping.ts';
import type { Experiment } from './definition.ts';
import { DIRECTIONS } from './directions/directions.ts';
import { SCALING } from './scaling/scaling.ts';
import { SPECIFICITY } from './specificity/specificity.ts';
import { SUPERPOSITION } from './superposition.ts';

/** All experiments, in the order of the papers. */
const EXPERIMENTS: readonly Experiment<never>[] = [SPECIFICITY, CLAMPING, SUPERPOSITION, DIRECTIONS, SCALING];

/** Adds `facet experiment <name>`. */
export function addExperimentCommands(program: Command, run: Run): void {
  const group = addGroup(program, 'experiment', 'repeat the experiments of the papers on the bundled model');
  for (const experiment of EXPERIMENTS) {
    const command = addCommand(group, experiment.name, experiment.summary)
      .option('--seed <number>', 'seed of everything that is drawn', '0')
      .option('--data-dir <directory>', 'where everything is stored', DEFAULT_DATA_DIRECTORY)
      .option('--out <directory>', 'where the report is written', 'facet-report');
    experiment.addOptions?.(command);
    command.action(run(experiment.run));
  }
}
