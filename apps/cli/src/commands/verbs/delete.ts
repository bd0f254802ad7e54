import { type AddressOptions, addClientCommand, type Clients, type Run } from '@facet/console';
import type { Command } from 'commander';
import { parseResource } from '../../parse/names.ts';
import { clientAction } from '../client-action.ts';
import type { Call, ResourceKind } from './resource-kind.ts';

/** A kind whose resources can be deleted. */
export interface DeletableKind<T> extends ResourceKind<T> {
  delete(clients: Clients, name: string, call: Call): Promise<unknown>;
}

/** Adds `delete <name...>`: deletes resources one after the other and stops at the first that cannot be. */
export function addDeleteVerb<T>(parent: Command, run: Run, kind: DeletableKind<T>): void {
  addClientCommand(parent, 'delete <name...>', `delete ${kind.noun}s`).action(
    run(
      clientAction<AddressOptions>(async (clients, { signal }, _options, ...operands) => {
        const names = operands.map((operand) => parseResource(operand, kind.collection, kind.noun));
        for (const name of names) await kind.delete(clients, name, { signal });
        return { text: names.map((name) => `deleted ${name}`).join('\n'), json: { deleted: names } };
      }),
    ),
  );
}
