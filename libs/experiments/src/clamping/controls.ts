import { FacetError } from '@facet/errors';
import type { Random } from '@facet/random';

/** A feature and how often it fires. */
export interface FeatureDensity {
  readonly index: number;
  /** Share of the tokens on which it fires. */
  readonly density: number;
}

/** A control is drawn from so many features whose density is nearest. */
const SIMILAR_FEATURES = 32;

/** Draws a feature that fires about as often as one of density `wanted`, none of `excluded` and none that is dead. */
export function drawSimilarFeature<T extends FeatureDensity>(
  features: readonly T[],
  { wanted, excluded }: { wanted: number; excluded: ReadonlySet<number> },
  random: Random,
): T {
  const distance = ({ density }: T) => Math.abs(Math.log(density / wanted));
  const similar = features
    .filter(({ index, density }) => density > 0 && !excluded.has(index))
    .sort((a, b) => distance(a) - distance(b) || a.index - b.index)
    .slice(0, SIMILAR_FEATURES);
  if (similar.length === 0)
    throw new FacetError('precondition', 'no feature is left for a control; train a larger dictionary');
  return similar[random.below(similar.length)];
}

/** Draws a direction [d_in] of the length `norm`, uniform over the sphere. */
export function randomDirection(d_in: number, norm: number, random: Random): Float32Array {
  const drawn = Float64Array.from({ length: d_in }, () => random.gaussian());
  const length = Math.hypot(...drawn);
  return Float32Array.from(drawn, (value) => (value * norm) / length);
}
