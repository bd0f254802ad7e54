import { type AddressOptions, addClientCommand, type Run, renderFields } from '@facet/console';
import type { Command } from 'commander';
import { parseResource } from '../../parse/names.ts';
import { clientAction } from '../client-action.ts';
import { requirePresent } from './require-present.ts';
import type { ResourceKind } from './resource-kind.ts';

/** Adds `show <name>`: everything that is known of one resource. */
export function addShowVerb<T>(parent: Command, run: Run, kind: ResourceKind<T>): void {
  addClientCommand(parent, 'show <name>', `show one ${kind.noun}`).action(
    run(
      clientAction<AddressOptions>(async (clients, { signal, palette }, _options, operand) => {
        const name = parseResource(operand!, kind.collection, kind.noun);
        const resource = requirePresent(await kind.get(clients, name, { signal }), name);
        return { text: renderFields(kind.fields(resource), palette), json: kind.toJson(resource) };
      }),
    ),
  );
}
