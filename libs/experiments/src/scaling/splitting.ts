import { FacetError } from '@facet/errors';
import type { SparseActivations } from '@facet/sae';

/** A dictionary and what it said about rows that both dictionaries read. */
export interface FiringDictionary {
  readonly d_in: number;
  readonly d_sae: number;
  /** Decoder directions [d_sae, d_in], of any length. */
  readonly W_dec: Float32Array;
  readonly acts: SparseActivations;
}

/** When a feature of a larger dictionary counts as a child of a feature of a smaller one. */
export interface SplittingRule {
  /** Cosine of the decoder directions from which on it does. @default 0.7 */
  readonly minCosine?: number;
  /** Share of its firings at which the parent fires too, from which on it does. @default 0.8 */
  readonly minInside?: number;
  /** Features that fire at fewer rows have no share of firings inside. @default 20 */
  readonly minFirings?: number;
  /** Features that fire at a larger share of the rows have no children by firings: nearly all others fire inside. @default 0.05 */
  readonly maxParentDensity?: number;
}

/** A feature of the larger dictionary under one of the smaller. */
export interface ChildFeature {
  readonly feature: number;
  /** Cosine of the two decoder directions. */
  readonly cosine: number;
  /** Rows at which it fired. */
  readonly firings: number;
  /** Share of them at which the parent fired too. */
  readonly inside: number;
  /** Whether its direction, its firings or both make it a child. */
  readonly by: 'direction' | 'firings' | 'both';
}

/** What lies under the features of a small dictionary in a larger one. */
export interface Splitting {
  /** Parents that fired at least `minFirings` times: those that are counted. */
  readonly parents: readonly number[];
  /** Children of every parent [d_sae of the small dictionary], most firings first. */
  readonly children: readonly (readonly ChildFeature[])[];
}

/** The rule where none is given. */
export const DEFAULT_RULE: Required<SplittingRule> = {
  minCosine: 0.7,
  minInside: 0.8,
  minFirings: 20,
  maxParentDensity: 0.05,
};

/** Most pairs of features that are looked at: the counts of both firing take four bytes each. */
const MAX_PAIRS = 2 ** 28;

/** Finds the features of `large` that lie under each feature of `small` (feature splitting, Bricken et al. 2023), over counted rows. */
export function findSplitting(
  small: FiringDictionary,
  large: FiringDictionary,
  isCounted: Uint8Array,
  rule: SplittingRule = {},
): Splitting {
  const { minFirings, maxParentDensity, ...child } = { ...DEFAULT_RULE, ...rule };
  requireSameRows(small, large, isCounted);
  const [smallFirings, largeFirings] = [small, large].map((each) => countFirings(each, isCounted));
  const both = countBoth(small, large, isCounted);
  const [parentRows, childRows] = [small, large].map(unitRows);
  const mostFirings = maxParentDensity * isCounted.reduce((sum, flag) => sum + flag, 0);
  const candidates = featuresWhere(largeFirings, (firings) => firings >= minFirings);
  const parents = featuresWhere(smallFirings, (firings) => firings >= minFirings);
  const children: ChildFeature[][] = Array.from({ length: small.d_sae }, () => []);
  for (const parent of parents) {
    const minInside = smallFirings[parent] <= mostFirings ? child.minInside : Number.POSITIVE_INFINITY;
    for (const feature of candidates) {
      const firings = largeFirings[feature];
      const cosine = dot(parentRows, childRows, { a: parent, b: feature, d: small.d_in });
      const inside = both[parent * large.d_sae + feature] / firings;
      const by = kinship(cosine >= child.minCosine, inside >= minInside);
      if (by !== undefined) children[parent].push({ feature, cosine, firings, inside, by });
    }
    children[parent].sort((a, b) => b.firings - a.firings || a.feature - b.feature);
  }
  return { parents, children };
}

function featuresWhere(firings: Uint32Array, isWanted: (firings: number) => boolean): number[] {
  return Array.from(firings, (_, feature) => feature).filter((feature) => isWanted(firings[feature]));
}

function kinship(isNear: boolean, isInside: boolean): ChildFeature['by'] | undefined {
  if (isNear) return isInside ? 'both' : 'direction';
  return isInside ? 'firings' : undefined;
}

function requireSameRows(small: FiringDictionary, large: FiringDictionary, isCounted: Uint8Array): void {
  const { rows } = small.acts;
  if (large.acts.rows !== rows || isCounted.length !== rows || small.d_in !== large.d_in)
    throw new FacetError(
      'invalid',
      `the dictionaries read ${rows} and ${large.acts.rows} rows of ${small.d_in} and ${large.d_in} values, ` +
        `and ${isCounted.length} rows are marked; encode the same rows with both`,
    );
  if (small.d_sae * large.d_sae > MAX_PAIRS)
    throw new FacetError(
      'exhausted',
      `${small.d_sae} × ${large.d_sae} pairs of features are more than ${MAX_PAIRS}; take a smaller dictionary`,
    );
}

function countFirings({ acts, d_sae }: FiringDictionary, isCounted: Uint8Array): Uint32Array {
  const firings = new Uint32Array(d_sae);
  for (let row = 0; row < acts.rows; row++) {
    if (isCounted[row] === 0) continue;
    for (let event = acts.offsets[row]; event < acts.offsets[row + 1]; event++)
      firings[acts.indices[event]]++;
  }
  return firings;
}

/** Rows at which both features of a pair fire [small d_sae, large d_sae]. */
function countBoth(
  { acts: a, d_sae }: FiringDictionary,
  { acts: b, d_sae: width }: FiringDictionary,
  isCounted: Uint8Array,
): Uint32Array {
  const both = new Uint32Array(d_sae * width);
  for (let row = 0; row < a.rows; row++) {
    if (isCounted[row] === 0) continue;
    for (let i = a.offsets[row]; i < a.offsets[row + 1]; i++) {
      const base = a.indices[i] * width;
      for (let j = b.offsets[row]; j < b.offsets[row + 1]; j++) both[base + b.indices[j]]++;
    }
  }
  return both;
}

/** Decoder directions at length 1; one of length 0 stays. */
function unitRows({ W_dec, d_in, d_sae }: FiringDictionary): Float32Array {
  const unit = new Float32Array(d_sae * d_in);
  for (let feature = 0; feature < d_sae; feature++) {
    const row = W_dec.subarray(feature * d_in, (feature + 1) * d_in);
    const norm = Math.hypot(...row);
    if (norm > 0) for (let i = 0; i < d_in; i++) unit[feature * d_in + i] = row[i] / norm;
  }
  return unit;
}

function dot(x: Float32Array, y: Float32Array, { a, b, d }: { a: number; b: number; d: number }): number {
  let sum = 0;
  for (let i = 0; i < d; i++) sum += x[a * d + i] * y[b * d + i];
  return sum;
}
