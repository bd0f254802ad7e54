import { type FiringProfile, firingProfile, type groupByFeature } from '@facet/experiments';
import { LANGUAGES, type RowMention, type TokenTruth } from '@facet/landmarks';

/** Where a row stands with a concept, in the order of the figures; the last one is everywhere else. */
export const PLACES = [
  ...LANGUAGES.map((language) => `name, ${language}`),
  'name, several',
  ...LANGUAGES.map((language) => `paraphrase, ${language}`),
  'topic',
  'elsewhere',
] as const;

/** The same in at most six letters, for the axis of a figure: N in a name, P in a paraphrase. */
export const SHORT_PLACES: readonly string[] = PLACES.map((place) =>
  place
    .replace('name, several', 'N any')
    .replace('name, ', 'N ')
    .replace('paraphrase, ', 'P ')
    .replace('elsewhere', 'else'),
);

const TOPIC = PLACES.length - 2;
const ELSEWHERE = PLACES.length - 1;

/** The place of every row with regard to a concept [n]: inside a name, a paraphrase, a text about it, or elsewhere. */
export function placesOf(concept: string, truth: TokenTruth): Uint8Array {
  const places = new Uint8Array(truth.tokenIds.length).fill(ELSEWHERE);
  const mentions = truth.mentions.get(concept) ?? [];
  const ofRole = (role: RowMention['role']) => mentions.filter((mention) => mention.role === role);
  for (const { first, last } of ofRole('topic')) places.fill(TOPIC, first, last + 1);
  for (const role of ['paraphrase', 'name'] as const)
    for (const { first, last, language } of ofRole(role)) {
      const place = PLACES.indexOf(`${role}, ${language ?? 'several'}` as (typeof PLACES)[number]);
      places.fill(place < 0 ? ELSEWHERE : place, first, last + 1);
    }
  return places;
}

/** Where a feature fires with regard to a concept. */
export function profileOf(
  columns: ReturnType<typeof groupByFeature>,
  feature: number,
  { places, isCounted }: { places: Uint8Array; isCounted: Uint8Array },
): FiringProfile {
  return firingProfile(columns, feature, { categories: places, isCounted, count: PLACES.length });
}

/** The places that hold most of the firings, largest first: `name, en 62 %, paraphrase, fr 20 %`. */
export function describeProfile({ shares }: FiringProfile, most = 3): string {
  return shares
    .map((share, i) => ({ share, place: PLACES[i] }))
    .filter(({ share }) => share >= 0.05)
    .sort((a, b) => b.share - a.share)
    .slice(0, most)
    .map(({ share, place }) => `${place} ${Math.round(100 * share)} %`)
    .join('; ');
}
