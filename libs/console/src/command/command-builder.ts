import { type Command, Option } from 'commander';
import { addAddressOptions } from '../services/addresses.ts';

/** Directory of everything that Facet stores on one machine. */
export const DEFAULT_DATA_DIRECTORY = '.facet';

/** Creates a group of commands; one with `standsFor` runs that command when none is named. */
export function addGroup(parent: Command, name: string, summary: string, standsFor?: string): Command {
  const group = parent.command(name).summary(summary).description(summary).helpCommand(false);
  if (standsFor === undefined) return group;
  const full = `${parent.name()} ${name}`;
  return group.addHelpText(
    'after',
    `\n\`${full}\` alone is \`${full} ${standsFor}\`: add --help to that for its options.`,
  );
}

/** Creates a command under `parent` with the options that every command has. */
export function addCommand(parent: Command, usage: string, summary: string): Command {
  const command = parent.command(usage).summary(summary).description(summary);
  return addCommonOptions(command);
}

/** Creates the command that runs when its parent is called without the name of one of its commands. */
export function addDefaultCommand(parent: Command, usage: string, summary: string): Command {
  const command = parent.command(usage, { isDefault: true }).summary(summary).description(summary);
  return addCommonOptions(command);
}

/** Creates a command that talks to running services. */
export function addClientCommand(parent: Command, usage: string, summary: string): Command {
  return endGroup(addAddressOptions(addCommand(parent, usage, summary)));
}

/** Creates the client command that its parent stands for. */
export function addDefaultClientCommand(parent: Command, usage: string, summary: string): Command {
  return endGroup(addAddressOptions(addDefaultCommand(parent, usage, summary)));
}

function addCommonOptions(command: Command): Command {
  command.optionsGroup('Output:');
  command.option('--json', 'end with one line of JSON on standard output; progress stays on standard error');
  command.option('--verbose', 'show stacks of errors and logs of the services');
  return endGroup(command);
}

function endGroup(command: Command): Command {
  return command.optionsGroup('Options:');
}

/** An option that can be given several times; its value is the list. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: string[] | undefined) => [
    ...(before ?? []),
    value,
  ]);
}
