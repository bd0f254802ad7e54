import type { Run } from '@facet/console';
import { addDemoCommand, addExperimentCommands } from '@facet/lab';
import { Command } from 'commander';
import { addCaptureCommands } from './commands/capture.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addFeaturesCommands } from './commands/features.ts';
import { addIndexCommands } from './commands/index-features.ts';
import { addModelsCommands } from './commands/models.ts';
import { addRunCommand } from './commands/run.ts';
import { addSaesCommands } from './commands/saes.ts';
import { addSteerCommands } from './commands/steer.ts';
import { addSweepCommand } from './commands/sweep.ts';
import { addTrainCommands } from './commands/train.ts';
import { addUpCommand } from './commands/up.ts';

const EXIT_CODES = `
Exit codes: 0 ok, 1 failed, 2 wrong input, 3 not in a state for it (not found, exists, not ready), 4 a service is not
there, 5 a limit is reached (disk, memory), 6 a stored artifact is corrupt, 130 interrupted, 143 terminated.`;

/** Builds the table of all commands; `run` runs their actions. */
export function createProgram(run: Run): Command {
  const program = new Command('facet')
    .description('Finds the interpretable features inside a language model and lets you turn them.')
    .version('0.1.0', '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showHelpAfterError('(add --help for the options)')
    .addHelpText('after', EXIT_CODES);
  program.commandsGroup('The whole way:');
  addDemoCommand(program, run);
  addRunCommand(program, run);
  addUpCommand(program, run);
  addDoctorCommand(program, run);
  program.commandsGroup('The bundled model and its world:');
  addExperimentCommands(program, run);
  program.commandsGroup('The steps, against running services:');
  addModelsCommands(program, run);
  addCaptureCommands(program, run);
  addTrainCommands(program, run);
  addSweepCommand(program, run);
  addSaesCommands(program, run);
  addIndexCommands(program, run);
  addFeaturesCommands(program, run);
  addSteerCommands(program, run);
  return program;
}
