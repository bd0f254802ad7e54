import type { Clients } from '@facet/console';
import type { Feature } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import type { Lexicon } from '@facet/landmarks';
import { createRandom, shuffle } from '@facet/random';
import { isAboutBridge } from './bridge.ts';

/** The control fires at most this many times as often as the bridge's feature, and at least its inverse. */
const DENSITY_FACTOR = 4;
const PAGE_SIZE = 1000;
/** Examples whose texts are looked at. */
const EXAMPLES = 10;

/** What a random feature is drawn from. */
export interface RandomDraw {
  /** The feature that it is the control of. */
  chosen: Feature;
  seed: number;
  lexicon: Lexicon;
}

/**
 * Draws a feature that fires about as often as the chosen one and whose strongest examples are not about the bridge: the first such in an
 * order that the seed gives.
 */
export async function drawRandomFeature(
  clients: Clients,
  { chosen, seed, lexicon }: RandomDraw,
  signal: AbortSignal,
): Promise<Feature> {
  const sae = chosen.name.split('/features/')[0];
  const features = await listFeatures(clients, sae, chosen.density, signal);
  for (const feature of randomOrder(features, chosen, seed)) {
    const request = { parent: feature.name, pageSize: EXAMPLES };
    const { examples } = await clients.features.listExamples(request, { signal });
    const texts = examples.map(({ tokens }) => tokens.map(({ text }) => text).join(''));
    if (texts.length > 0 && !texts.some((text) => isAboutBridge(text, lexicon))) return feature;
  }
  throw new FacetError(
    'precondition',
    `no feature of ${sae} fires about as often as ${chosen.name} on other texts; train on more tokens`,
  );
}

/** The features that may serve as a control, in an order that the seed gives. */
export function randomOrder(features: readonly Feature[], chosen: Feature, seed: number): Feature[] {
  const fit = features.filter(
    ({ index, density }) =>
      index !== chosen.index &&
      density > 0 &&
      density <= chosen.density * DENSITY_FACTOR &&
      density >= chosen.density / DENSITY_FACTOR,
  );
  const order = shuffle(Uint32Array.from(fit.keys()), createRandom(BigInt(seed)));
  return [...order].map((index) => fit[index]);
}

async function listFeatures(
  clients: Clients,
  parent: string,
  density: number,
  signal: AbortSignal,
): Promise<Feature[]> {
  const range = { minDensity: density / DENSITY_FACTOR, maxDensity: Math.min(1, density * DENSITY_FACTOR) };
  const all: Feature[] = [];
  for (let pageToken = ''; ; ) {
    const page = await clients.features.listFeatures(
      { parent, ...range, pageSize: PAGE_SIZE, pageToken },
      { signal },
    );
    all.push(...page.features);
    pageToken = page.nextPageToken;
    if (pageToken === '') return all;
  }
}
