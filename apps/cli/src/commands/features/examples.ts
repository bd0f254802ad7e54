import { type AddressOptions, addClientCommand, parseCount, type Run } from '@facet/console';
import { FeatureExample } from '@facet/contracts';
import type { Command } from 'commander';
import { parseFeature } from '../../parse/names.ts';
import { renderExamples } from '../../render/examples.ts';
import { clientAction } from '../client-action.ts';

interface ExamplesOptions extends AddressOptions {
  limit: string;
}

/** Most examples of one page, as ListExamples gives them. */
const MAX_EXAMPLES = 100;

/** Adds `facet features examples <feature>`. */
export function addExamplesCommand(group: Command, run: Run): void {
  addClientCommand(
    group,
    'examples <feature>',
    'show where a feature fired strongest, its peak between « and »',
  )
    .option('--limit <count>', 'at most this many', '20')
    .action(run(listExamples));
}

const listExamples = clientAction<ExamplesOptions>(async (clients, invocation, options, operand) => {
  const { signal, palette, columns } = invocation;
  const parent = parseFeature(operand!, 'feature');
  const pageSize = parseCount(options.limit, '--limit', { min: 1, max: MAX_EXAMPLES });
  const { examples } = await clients.features.listExamples({ parent, pageSize }, { signal });
  const none = `${parent} fired nowhere in the indexed tokens`;
  return {
    text: examples.length === 0 ? none : renderExamples(examples, { palette, columns }),
    json: { examples: examples.map(FeatureExample.toJSON) },
  };
});
