import {
  type AddressOptions,
  addClientCommand,
  parseCount,
  parseDecimal,
  type Run,
  repeatable,
} from '@facet/console';
import { FeatureContrast } from '@facet/contracts';
import type { Command } from 'commander';
import { parseResource } from '../../parse/names.ts';
import { parseTexts } from '../../parse/texts.ts';
import { renderContrasts } from '../../render/contrasts.ts';
import { clientAction } from '../client-action.ts';

interface FindOptions extends AddressOptions {
  find: string[];
  against: string[];
  limit: string;
  maxDensity: string;
}

const MAX_CONTRASTS = 1000;

/** Adds `facet features find <sae>`. */
export function addFindCommand(group: Command, run: Run): void {
  addClientCommand(group, 'find <sae>', 'find the features that tell some texts from others')
    .addOption(repeatable('--find <texts>', 'texts on which they fire, "a|b"').makeOptionMandatory())
    .addOption(repeatable('--against <texts>', 'texts on which they do not, "c|d"').makeOptionMandatory())
    .option('--limit <count>', 'at most this many', '10')
    .option('--max-density <share>', 'only features that fire at most this often in the index', '1')
    .action(run(findFeatures));
}

const findFeatures = clientAction<FindOptions>(async (clients, invocation, options, operand) => {
  const { signal, palette } = invocation;
  const request = {
    parent: parseResource(operand!, 'saes', 'SAE'),
    positiveTexts: parseTexts(options.find, '--find'),
    negativeTexts: parseTexts(options.against, '--against'),
    pageSize: parseCount(options.limit, '--limit', { min: 1, max: MAX_CONTRASTS }),
    maxDensity: parseDecimal(options.maxDensity, '--max-density', { min: 0, max: 1 }),
  };
  const { contrasts } = await clients.features.findFeatures(request, { signal });
  return {
    text: contrasts.length === 0 ? 'no feature tells them apart' : renderContrasts(contrasts, palette),
    json: { contrasts: contrasts.map(FeatureContrast.toJSON) },
  };
});
