import { addGroup, type Run } from '@facet/console';
import type { Command } from 'commander';
import { addDoseCommand } from './steer/dose.ts';
import { addTextCommand } from './steer/text.ts';

/** Adds `facet steer` and `facet steer dose`. */
export function addSteerCommands(program: Command, run: Run): void {
  const group = addGroup(program, 'steer', 'turn features and compare default with steered text', 'text');
  addTextCommand(group, run);
  addDoseCommand(group, run);
}
