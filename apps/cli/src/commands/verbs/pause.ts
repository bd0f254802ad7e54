import { type AddressOptions, addClientCommand, formatCount, type Run, shortState } from '@facet/console';
import { TrainingRun } from '@facet/contracts';
import type { Command } from 'commander';
import { parseResource } from '../../parse/names.ts';
import { clientAction } from '../client-action.ts';

/** Adds `pause <name>`: lets a training run rest after a checkpoint; says the state it is in afterwards. */
export function addPauseVerb(parent: Command, run: Run): void {
  addClientCommand(parent, 'pause <name>', 'pause a training run after a checkpoint').action(
    run(
      clientAction<AddressOptions>(async (clients, { signal }, _options, operand) => {
        const name = parseResource(operand!, 'trainingRuns', 'training run');
        const { trainingRun } = await clients.training.pauseTrainingRun({ name }, { signal });
        const paused = TrainingRun.fromPartial(trainingRun ?? {});
        const { checkpoint } = paused;
        const where = checkpoint ? ` at step ${formatCount(checkpoint.step)}` : '';
        return { text: `${name} is ${shortState(paused.state)}${where}`, json: TrainingRun.toJSON(paused) };
      }),
    ),
  );
}
