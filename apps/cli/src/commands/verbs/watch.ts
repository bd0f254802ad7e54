import { type AddressOptions, addClientCommand, type Run, watchToEnd } from '@facet/console';
import type { Command } from 'commander';
import { parseResource } from '../../parse/names.ts';
import { clientAction } from '../client-action.ts';
import type { WorkKind } from './resource-kind.ts';

/** Adds `watch <name>`: follows work that was started elsewhere to its end. Ctrl-C ends the watching, not the work. */
export function addWatchVerb<T>(parent: Command, run: Run, kind: WorkKind<T>): void {
  addClientCommand(
    parent,
    'watch <name>',
    `follow a ${kind.noun} to its end; Ctrl-C leaves it running`,
  ).action(
    run(
      clientAction<AddressOptions>(async (clients, { signal, progress }, _options, operand) => {
        const name = parseResource(operand!, kind.collection, kind.noun);
        const stage = progress.stage(name);
        try {
          const final = await watchToEnd(kind.work(clients, name), stage, signal);
          stage.done(kind.outcome(final));
          return { text: `${name}: ${kind.outcome(final)}`, json: kind.toJson(final) };
        } catch (error) {
          stage.stopped(signal.aborted ? 'no longer watched' : 'ended');
          throw error;
        }
      }),
    ),
  );
}
