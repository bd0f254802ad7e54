import type { SparseActivations } from '@facet/sae';
import type { ConceptTruth, Detection } from './concept-truth.ts';
import { bestDetection } from './detect.ts';

/** The column that tells a concept best, with the threshold that was best where it was chosen. */
export interface SelectedDetector {
  /** Feature or neuron. */
  readonly index: number;
  readonly chosen: Detection;
}

/** Features whose thresholds are tried in full, those with the best F1 of any firing. */
const FEATURE_CANDIDATES = 16;
/** Dense columns whose thresholds are tried in full, those with the largest standardised difference of means. */
const COLUMN_CANDIDATES = 8;

/** Chooses for every concept the feature with the best F1, out of all: candidates by any firing, then each threshold. */
export function selectFeatures(
  acts: SparseActivations,
  d_sae: number,
  truths: readonly ConceptTruth[],
): SelectedDetector[] {
  const fired = countFired(acts, d_sae, truths[0].isCounted);
  const byFeature = groupByFeature(acts, d_sae);
  const values = new Float32Array(acts.rows);
  return truths.map((truth) => {
    const { right, hits } = countRight(acts, d_sae, truth);
    const f1 = Float64Array.from(fired, (count, feature) =>
      harmonicMean(
        count === 0 ? 0 : right[feature] / count,
        hits[feature] / Math.max(1, truth.mentions.length),
      ),
    );
    const candidates = topIndices(f1, FEATURE_CANDIDATES);
    return bestOf(candidates, (feature) => {
      byFeature.scatter(feature, values);
      const detection = bestDetection(values, truth);
      byFeature.clear(feature, values);
      return detection;
    });
  });
}

/** Chooses for every concept the best column of dense activations [n, width], such as the neurons of an MLP, and its sign. */
export function selectColumns(
  activations: Float32Array,
  width: number,
  truths: readonly ConceptTruth[],
): (SelectedDetector & { readonly sign: number })[] {
  const rows = activations.length / width;
  const column = new Float32Array(rows);
  return truths.map((truth) => {
    const { difference, deviation } = meanDifference(activations, width, truth);
    const score = difference.map((value, index) => Math.abs(value) / Math.max(1e-12, deviation[index]));
    const signOf = (index: number) => Math.sign(difference[index]) || 1;
    const best = bestOf(topIndices(score, COLUMN_CANDIDATES), (index) => {
      const sign = signOf(index);
      for (let row = 0; row < rows; row++) column[row] = sign * activations[row * width + index];
      return bestDetection(column, truth, Number.NEGATIVE_INFINITY);
    });
    return { ...best, sign: signOf(best.index) };
  });
}

/** Mean of the concept's rows minus mean of all other counted rows, and the standard deviation of all, per column. */
export function meanDifference(
  activations: Float32Array,
  width: number,
  { isTrue, isCounted }: ConceptTruth,
): { difference: Float64Array; deviation: Float64Array } {
  const sums = [new Float64Array(width), new Float64Array(width)];
  const squares = new Float64Array(width);
  const counts = [0, 0];
  for (let row = 0; row < isTrue.length; row++) {
    if (isCounted[row] === 0) continue;
    const side = isTrue[row];
    counts[side]++;
    for (let i = 0, at = row * width; i < width; i++, at++) {
      const value = activations[at];
      sums[side][i] += value;
      squares[i] += value * value;
    }
  }
  const total = counts[0] + counts[1];
  const difference = sums[1].map(
    (sum, i) => sum / Math.max(1, counts[1]) - sums[0][i] / Math.max(1, counts[0]),
  );
  const deviation = squares.map((square, i) =>
    Math.sqrt(Math.max(0, square / total - ((sums[0][i] + sums[1][i]) / total) ** 2)),
  );
  return { difference, deviation };
}

/** Values of one feature over all rows, written into and cleared from a scratch vector. */
export interface FeatureColumns {
  scatter(feature: number, into: Float32Array): void;
  clear(feature: number, from: Float32Array): void;
}

/** Sorts sparse activations by feature, so that each can be looked at on its own. */
export function groupByFeature(
  { rows, offsets, indices, values }: SparseActivations,
  d_sae: number,
): FeatureColumns {
  const starts = new Uint32Array(d_sae + 1);
  for (const feature of indices) starts[feature + 1]++;
  for (let feature = 0; feature < d_sae; feature++) starts[feature + 1] += starts[feature];
  const next = starts.slice();
  const at = new Uint32Array(indices.length);
  const grouped = new Float32Array(indices.length);
  for (let row = 0; row < rows; row++)
    for (let event = offsets[row]; event < offsets[row + 1]; event++) {
      const place = next[indices[event]]++;
      at[place] = row;
      grouped[place] = values[event];
    }
  return {
    scatter(feature, into) {
      for (let event = starts[feature]; event < starts[feature + 1]; event++)
        into[at[event]] = grouped[event];
    },
    clear(feature, from) {
      for (let event = starts[feature]; event < starts[feature + 1]; event++) from[at[event]] = 0;
    },
  };
}

function countFired({ offsets, indices, rows }: SparseActivations, d_sae: number, isCounted: Uint8Array) {
  const fired = new Float64Array(d_sae);
  for (let row = 0; row < rows; row++) {
    if (isCounted[row] === 0) continue;
    for (let event = offsets[row]; event < offsets[row + 1]; event++) fired[indices[event]]++;
  }
  return fired;
}

/** For every feature: the concept's rows on which it fires, and the concept's mentions with such a row. */
function countRight({ offsets, indices }: SparseActivations, d_sae: number, truth: ConceptTruth) {
  const right = new Float64Array(d_sae);
  const hits = new Float64Array(d_sae);
  for (const [row, isTrue] of truth.isTrue.entries()) {
    if (isTrue === 0 || truth.isCounted[row] === 0) continue;
    for (let event = offsets[row]; event < offsets[row + 1]; event++) right[indices[event]]++;
  }
  const lastMention = new Int32Array(d_sae).fill(-1);
  for (const [index, { first, last }] of truth.mentions.entries())
    for (let event = offsets[first]; event < offsets[last + 1]; event++) {
      const feature = indices[event];
      if (lastMention[feature] === index) continue;
      lastMention[feature] = index;
      hits[feature]++;
    }
  return { right, hits };
}

function bestOf(candidates: readonly number[], measure: (index: number) => Detection): SelectedDetector {
  let best: SelectedDetector | undefined;
  for (const index of candidates) {
    const chosen = measure(index);
    if (best === undefined || chosen.f1 > best.chosen.f1) best = { index, chosen };
  }
  if (best === undefined) throw new Error('there is no candidate to choose from');
  return best;
}

function topIndices(scores: ArrayLike<number>, count: number): number[] {
  return Array.from({ length: scores.length }, (_, index) => index)
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, count);
}

function harmonicMean(a: number, b: number): number {
  return a + b === 0 ? 0 : (2 * a * b) / (a + b);
}
