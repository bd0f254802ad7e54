import {
  type AddressOptions,
  addClientCommand,
  type Clients,
  parseCount,
  type Run,
  renderTable,
} from '@facet/console';
import type { Command } from 'commander';
import { clientAction } from '../client-action.ts';
import type { Call, ResourceKind } from './resource-kind.ts';

interface ListOptions extends AddressOptions {
  limit: string;
}

/** Largest page that a service gives. */
const MAX_PAGE_SIZE = 1000;
const MAX_LISTED = 1_000_000;

/** Adds `list`: the resources of a kind as a table. */
export function addListVerb<T>(parent: Command, run: Run, kind: ResourceKind<T>): void {
  addClientCommand(parent, 'list', `list ${kind.noun}s`)
    .option('--limit <count>', 'at most this many', '50')
    .action(
      run(
        clientAction<ListOptions>(async (clients, { signal, palette }, options) => {
          const limit = parseCount(options.limit, '--limit', { min: 1, max: MAX_LISTED });
          const { items, more } = await listUpTo(clients, kind, limit, { signal });
          const table = items.length === 0 ? `no ${kind.noun}s` : renderTable(items, kind.columns, palette);
          return {
            text: more ? `${table}\n${palette.dim('… more: raise --limit')}` : table,
            json: { [kind.collection]: items.map(kind.toJson), more },
          };
        }),
      ),
    );
}

/** Reads pages until `limit` resources are there or no page is left. */
async function listUpTo<T>(
  clients: Clients,
  kind: ResourceKind<T>,
  limit: number,
  call: Call,
): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = [];
  let pageToken = '';
  do {
    const pageSize = Math.min(MAX_PAGE_SIZE, limit - items.length);
    const page = await kind.list(clients, { pageSize, pageToken }, call);
    items.push(...page.items);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && items.length < limit);
  return { items, more: pageToken !== '' };
}
