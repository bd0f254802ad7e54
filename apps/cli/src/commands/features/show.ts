import {
  type AddressOptions,
  addClientCommand,
  type Field,
  formatCount,
  formatShare,
  formatValue,
  printable,
  type Run,
  renderFields,
} from '@facet/console';
import { Feature } from '@facet/contracts';
import type { Command } from 'commander';
import { parseFeature } from '../../parse/names.ts';
import { describeEffects } from '../../render/contrasts.ts';
import { renderHistogram } from '../../render/histogram.ts';
import { clientAction } from '../client-action.ts';
import { requirePresent } from '../verbs/require-present.ts';

/** Adds `facet features show <feature>`. */
export function addShowCommand(group: Command, run: Run): void {
  addClientCommand(group, 'show <feature>', 'show one feature, saes/{id}/features/{index}').action(
    run(showFeature),
  );
}

const showFeature = clientAction<AddressOptions>(async (clients, invocation, _options, operand) => {
  const { signal, palette, columns } = invocation;
  const name = parseFeature(operand!, 'feature');
  const response = await clients.features.getFeature({ name }, { signal });
  const feature = requirePresent(response.feature, name);
  const histogram = feature.histogram === undefined ? '' : renderHistogram(feature.histogram, columns);
  const text = renderFields(featureFields(feature), palette);
  return { text: histogram === '' ? text : `${text}\n\n${histogram}`, json: Feature.toJSON(feature) };
});

function featureFields(feature: Feature): Field[] {
  const { density, firingCount, indexedTokens, maxActivation, meanActivation } = feature;
  return [
    ['name', feature.name],
    ['label', printable(feature.label)],
    ['description', printable(feature.description)],
    [
      'density',
      `${formatShare(density)}: fired on ${formatCount(firingCount)} of ${formatCount(indexedTokens)} tokens`,
    ],
    ['maximum', formatValue(maxActivation)],
    ['mean where it fired', formatValue(meanActivation)],
    ['promotes', describeEffects(feature.topEffects)],
    ['suppresses', describeEffects(feature.bottomEffects)],
  ];
}
