import { basename, resolve } from 'node:path';
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

/** The id that a model directory gets: its folder's name with everything foreign to ids replaced. */
export function modelIdOf(directory: string): string {
  const id = basename(resolve(directory))
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 64);
  return id === '' ? 'model' : id;
}
