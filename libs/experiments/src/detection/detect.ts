import type { ConceptMention, ConceptTruth, Detection } from './concept-truth.ts';

/** Thresholds that are tried: quantiles of the strongest activations in the concept's mentions. */
const THRESHOLDS = 64;

/**
 * Finds the threshold at which `values` [n] tell a concept's rows from all others best, by F1 of row precision and mention recall.
 * The thresholds tried are quantiles of the mentions' maxima, so each changes the recall; they are at least `floor`.
 */
export function bestDetection(values: Float32Array, truth: ConceptTruth, floor = 0): Detection {
  const maxima = mentionMaxima(values, truth.mentions).filter((value) => value > floor);
  const thresholds = quantileThresholds(maxima, floor);
  const counts = countAbove(values, truth, thresholds);
  let best = detectionOf(0, 0, 0, truth.mentions.length, floor);
  for (const [index, threshold] of thresholds.entries()) {
    const hits = countGreater(maxima, threshold);
    const { fired, right } = counts[index];
    const detection = detectionOf(fired, right, hits, truth.mentions.length, threshold);
    if (detection.f1 > best.f1) best = detection;
  }
  return best;
}

/** Measures a detector at a given threshold; `group` restricts the mentions that it should notice. */
export function detectAt(
  values: Float32Array,
  truth: ConceptTruth,
  threshold: number,
  group?: string,
): Detection & { mentions: number } {
  const mentions =
    group === undefined ? truth.mentions : truth.mentions.filter((m) => m.groups.includes(group));
  const hits = countGreater(mentionMaxima(values, mentions), threshold);
  const [{ fired, right }] = countAbove(values, truth, [threshold]);
  return { ...detectionOf(fired, right, hits, mentions.length, threshold), mentions: mentions.length };
}

/** How right a detector is in one interval of its activation. */
export interface ActivationInterval {
  /** The interval (from, to] as shares of the largest activation. */
  readonly from: number;
  readonly to: number;
  /** Rows in the interval. */
  readonly rows: number;
  /** Share of them that belong to the concept; undefined where there are none. */
  readonly precision: number | undefined;
  /** Share of the mentions whose strongest row is in the interval. */
  readonly mentions: number;
}

/** Divides the activations above 0 into `count` equal intervals up to `max` and measures each; larger values join the last one. */
export function activationIntervals(
  values: Float32Array,
  truth: ConceptTruth,
  { max, count = 10 }: { max: number; count?: number },
): ActivationInterval[] {
  const [rows, right, mentions] = [0, 1, 2].map(() => new Float64Array(count));
  const interval = (value: number) => Math.min(count - 1, Math.ceil((value / max) * count) - 1);
  for (let row = 0; row < values.length; row++) {
    if (values[row] <= 0 || truth.isCounted[row] === 0) continue;
    const index = interval(values[row]);
    rows[index]++;
    right[index] += truth.isTrue[row];
  }
  for (const value of mentionMaxima(values, truth.mentions)) if (value > 0) mentions[interval(value)]++;
  return Array.from({ length: count }, (_, index) => ({
    from: index / count,
    to: (index + 1) / count,
    rows: rows[index],
    precision: rows[index] === 0 ? undefined : right[index] / rows[index],
    mentions: truth.mentions.length === 0 ? 0 : mentions[index] / truth.mentions.length,
  }));
}

/** The strongest value in every mention. */
function mentionMaxima(values: Float32Array, mentions: readonly ConceptMention[]): number[] {
  return mentions.map(({ first, last }) => {
    let max = Number.NEGATIVE_INFINITY;
    for (let row = first; row <= last; row++) if (values[row] > max) max = values[row];
    return max;
  });
}

/** Ascending thresholds just below quantiles of `maxima`, so that the mention at a quantile still counts. */
function quantileThresholds(maxima: readonly number[], floor: number): number[] {
  const sorted = Float64Array.from(maxima).sort();
  const thresholds = new Set([floor]);
  for (let step = 0; step < THRESHOLDS && sorted.length > 0; step++) {
    const value = sorted[Math.floor((step * sorted.length) / THRESHOLDS)];
    thresholds.add(Math.max(floor, value - 1e-6 * Math.abs(value)));
  }
  return [...thresholds].sort((a, b) => a - b);
}

/** Counts, for each of the ascending thresholds, the rows above it and those among them that are true. */
function countAbove(
  values: Float32Array,
  { isTrue, isCounted }: ConceptTruth,
  thresholds: readonly number[],
): { fired: number; right: number }[] {
  const counts = thresholds.map(() => ({ fired: 0, right: 0 }));
  for (let row = 0; row < values.length; row++) {
    if (isCounted[row] === 0 || values[row] <= thresholds[0]) continue;
    const index = lastBelow(thresholds, values[row]);
    counts[index].fired++;
    counts[index].right += isTrue[row];
  }
  for (let index = counts.length - 2; index >= 0; index--) {
    counts[index].fired += counts[index + 1].fired;
    counts[index].right += counts[index + 1].right;
  }
  return counts;
}

/** Index of the last of the ascending thresholds that is below `value`; the first is. */
function lastBelow(thresholds: readonly number[], value: number): number {
  let [low, high] = [0, thresholds.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (thresholds[middle] < value) low = middle;
    else high = middle - 1;
  }
  return low;
}

function countGreater(values: readonly number[], threshold: number): number {
  return values.reduce((count, value) => count + (value > threshold ? 1 : 0), 0);
}

function detectionOf(
  fired: number,
  right: number,
  hits: number,
  mentions: number,
  threshold: number,
): Detection {
  const precision = fired === 0 ? 0 : right / fired;
  const recall = mentions === 0 ? 0 : hits / mentions;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { threshold, fired, precision, recall, f1 };
}
