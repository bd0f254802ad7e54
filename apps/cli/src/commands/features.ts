import { addGroup, type Run } from '@facet/console';
import type { Command } from 'commander';
import { addActivateCommand } from './features/activate.ts';
import { addExamplesCommand } from './features/examples.ts';
import { addFindCommand } from './features/find.ts';
import { addLabelCommand } from './features/label.ts';
import { addListCommand } from './features/list.ts';
import { addSearchCommand } from './features/search.ts';
import { addShowCommand } from './features/show.ts';

/** Adds `facet features` and its questions. */
export function addFeaturesCommands(program: Command, run: Run): void {
  const group = addGroup(program, 'features', 'ask about the features of an indexed SAE');
  addListCommand(group, run);
  addShowCommand(group, run);
  addExamplesCommand(group, run);
  addFindCommand(group, run);
  addActivateCommand(group, run);
  addSearchCommand(group, run);
  addLabelCommand(group, run);
}
