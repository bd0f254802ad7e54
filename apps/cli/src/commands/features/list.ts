import { type AddressOptions, addClientCommand, parseCount, parseDecimal, type Run } from '@facet/console';
import { Feature, FeatureOrder } from '@facet/contracts';
import type { Command } from 'commander';
import { Option } from 'commander';
import { parseResource } from '../../parse/names.ts';
import { renderFeatures } from '../../render/contrasts.ts';
import { clientAction } from '../client-action.ts';

const ORDERS = {
  index: FeatureOrder.INDEX,
  density: FeatureOrder.DENSITY,
  max: FeatureOrder.MAX_ACTIVATION,
} as const;

interface ListOptions extends AddressOptions {
  order: keyof typeof ORDERS;
  limit: string;
  minDensity: string;
  maxDensity: string;
}

/** Adds `facet features list <sae>`. */
export function addListCommand(group: Command, run: Run): void {
  addClientCommand(group, 'list <sae>', 'list features with density, maximum and what they promote')
    .addOption(
      new Option('--order <order>', 'order of the list').choices(Object.keys(ORDERS)).default('index'),
    )
    .option('--limit <count>', 'at most this many', '50')
    .option('--min-density <share>', 'only features that fire at least this often', '0')
    .option('--max-density <share>', 'only features that fire at most this often', '1')
    .action(run(listFeatures));
}

const MAX_LISTED = 1_000_000;
const MAX_PAGE_SIZE = 1000;
const SHARE = { min: 0, max: 1 };

const listFeatures = clientAction<ListOptions>(async (clients, { signal, palette }, options, operand) => {
  const limit = parseCount(options.limit, '--limit', { min: 1, max: MAX_LISTED });
  const request = {
    parent: parseResource(operand!, 'saes', 'SAE'),
    order: ORDERS[options.order],
    minDensity: parseDecimal(options.minDensity, '--min-density', SHARE),
    maxDensity: parseDecimal(options.maxDensity, '--max-density', SHARE),
  };
  const features: Feature[] = [];
  let pageToken = '';
  do {
    const pageSize = Math.min(MAX_PAGE_SIZE, limit - features.length);
    const page = await clients.features.listFeatures({ ...request, pageSize, pageToken }, { signal });
    features.push(...page.features);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && features.length < limit);
  const text = features.length === 0 ? 'no features' : renderFeatures(features, palette);
  return { text, json: { features: features.map(Feature.toJSON), more: pageToken !== '' } };
});
