import { type AddressOptions, addClientCommand, type Run } from '@facet/console';
import type { Command } from 'commander';
import { parseResource } from '../../parse/names.ts';
import { clientAction } from '../client-action.ts';
import { requirePresent } from './require-present.ts';
import type { WorkKind } from './resource-kind.ts';

/** Adds `cancel <name>`: stops work; says the state it is in afterwards. */
export function addCancelVerb<T>(parent: Command, run: Run, kind: WorkKind<T>): void {
  addClientCommand(parent, 'cancel <name>', `cancel a ${kind.noun}`).action(
    run(
      clientAction<AddressOptions>(async (clients, { signal }, _options, operand) => {
        const name = parseResource(operand!, kind.collection, kind.noun);
        const work = kind.work(clients, name);
        await work.cancel(signal);
        const after = requirePresent(await kind.get(clients, name, { signal }), name);
        return { text: `${name} is ${work.view(after).state}`, json: kind.toJson(after) };
      }),
    ),
  );
}
