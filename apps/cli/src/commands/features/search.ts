import {
  type AddressOptions,
  addClientCommand,
  type Column,
  parseCount,
  printable,
  type Run,
  renderTable,
} from '@facet/console';
import { FeatureMatch } from '@facet/contracts';
import type { Command } from 'commander';
import { parseResource } from '../../parse/names.ts';
import { describeEffects } from '../../render/contrasts.ts';
import { clientAction } from '../client-action.ts';

interface SearchOptions extends AddressOptions {
  limit: string;
}

const MAX_MATCHES = 1000;
/** Promoted tokens shown for a match. */
const SHOWN_EFFECTS = 5;

/** Adds `facet features search <sae> <words...>`. */
export function addSearchCommand(group: Command, run: Run): void {
  addClientCommand(group, 'search <sae> <words...>', 'find features by words in labels, effects and examples')
    .option('--limit <count>', 'at most this many', '20')
    .action(run(searchFeatures));
}

const COLUMNS: readonly Column<FeatureMatch>[] = [
  { title: 'feature', cell: ({ feature }) => String(feature?.index), align: 'right' },
  { title: 'score', cell: ({ score }) => score.toFixed(2), align: 'right' },
  { title: 'found in', cell: ({ fields }) => fields.join(', ') },
  { title: 'label', cell: ({ feature }) => printable(feature?.label ?? '') },
  {
    title: 'promotes',
    cell: ({ feature }) => describeEffects(feature?.topEffects.slice(0, SHOWN_EFFECTS) ?? []),
  },
];

const searchFeatures = clientAction<SearchOptions>(async (clients, invocation, options, sae, ...words) => {
  const { signal, palette } = invocation;
  const request = {
    parent: parseResource(sae!, 'saes', 'SAE'),
    query: words.join(' '),
    pageSize: parseCount(options.limit, '--limit', { min: 1, max: MAX_MATCHES }),
  };
  const { matches } = await clients.features.searchFeatures(request, { signal });
  const none = `no feature matches ${JSON.stringify(request.query)}`;
  return {
    text: matches.length === 0 ? none : renderTable(matches, COLUMNS, palette),
    json: { matches: matches.map(FeatureMatch.toJSON) },
  };
});
