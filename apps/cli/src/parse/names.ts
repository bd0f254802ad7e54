import { modelIdOf } from '@facet/hub';
import { type Collection, formatFeatureName, formatName, parseFeatureName, parseName } from '@facet/mesh';

const OTHER_COLLECTION = /^(activationSets|trainingRuns|saes|indexingRuns|steeringProfiles)\//;

/**
 * Reads a resource given by name (`saes/x`) or by its id alone (`x`) and gives the name. A model may also be given by its folder
 * or its repository (`Qwen2.5-0.5B`, `Qwen/Qwen2.5-0.5B`): its id is what `modelIdOf` makes of it.
 */
export function parseResource(text: string, collection: Collection, option: string): string {
  const [place = ''] = text.split('@');
  if (collection === 'models' && place !== '' && !OTHER_COLLECTION.test(place))
    return formatName('models', modelIdOf(place));
  const name = text.includes('/') ? text : `${collection}/${text}`;
  return formatName(collection, parseName(name, collection, option));
}

/** Reads a feature: its full name, or its index where the SAE is known. */
export function parseFeature(text: string, option: string, sae?: string): string {
  const name = sae !== undefined && /^\d+$/.test(text) ? `${sae}/features/${Number(text)}` : text;
  return formatFeatureName(parseFeatureName(name, option));
}
