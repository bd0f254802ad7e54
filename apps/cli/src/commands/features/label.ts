import { type AddressOptions, addClientCommand, type Run } from '@facet/console';
import { Feature } from '@facet/contracts';
import type { Command } from 'commander';
import { parseFeature } from '../../parse/names.ts';
import { clientAction } from '../client-action.ts';
import { requirePresent } from '../verbs/require-present.ts';

interface LabelOptions extends AddressOptions {
  description?: string;
}

/** Adds `facet features label <feature> <label>`. */
export function addLabelCommand(group: Command, run: Run): void {
  addClientCommand(group, 'label <feature> <label>', 'give a feature a name; an empty one takes it away')
    .option('--description <text>', 'what the feature is about')
    .action(run(labelFeature));
}

const labelFeature = clientAction<LabelOptions>(async (clients, { signal }, options, operand, label) => {
  const name = parseFeature(operand!, 'feature');
  const { description } = options;
  const request = {
    feature: { name, label: label!, ...(description === undefined ? {} : { description }) },
    updateMask: ['label', ...(description === undefined ? [] : ['description'])],
  };
  const response = await clients.features.updateFeature(request, { signal });
  const feature = requirePresent(response.feature, name);
  return { text: `${name}: ${feature.label}`, json: Feature.toJSON(feature) };
});
