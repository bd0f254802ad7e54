import { modelIdOf } from '@facet/hub';
import { type Collection, formatFeatureName, formatName, parseFeatureName, parseName } from '@facet/mesh';

/** Reads a resource given by name (`saes/x`) or by its id alone (`x`) and gives the name. */
export function parseResource(text: string, collection: Collection, option: string): string {
  const name = text.includes('/') ? text : `${collection}/${text}`;
  return formatName(collection, parseName(name, collection, option));
}

/** Reads a feature: its full name, or its index where the SAE is known. */
export function parseFeature(text: string, option: string, sae?: string): string {
  const name = sae !== undefined && /^\d+$/.test(text) ? `${sae}/features/${Number(text)}` : text;
  return formatFeatureName(parseFeatureName(name, option));
}

const OTHER_COLLECTION = /^(activationSets|trainingRuns|saes|indexingRuns|steeringProfiles)\//;

/** Reads a model given by name, by its id, by its folder or by its repository (`organisation/name`), and gives the name. */
export function parseModel(text: string, option: string): string {
  const [place = ''] = text.split('@');
  if (place === '' || OTHER_COLLECTION.test(place)) return parseResource(text, 'models', option);
  return formatName('models', modelIdOf(place));
}
