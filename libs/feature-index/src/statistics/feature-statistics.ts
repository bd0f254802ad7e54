import { FacetError } from '@facet/errors';
import { binOfBits, HISTOGRAM_BINS, type Histogram, trimHistogram } from './histogram.ts';

/** Activations of consecutive rows in sparse form: row r fired `indices[offsets[r] … offsets[r+1])`, ascending. */
export interface SparseRows {
  rows: number;
  offsets: Uint32Array;
  indices: Uint32Array;
  values: Float32Array;
}

/** Statistics of one feature over the rows that were added. */
export interface FeatureStatistics {
  feature: number;
  /** Rows on which it fired. */
  firingCount: number;
  /** firingCount / tokens. */
  density: number;
  maxActivation: number;
  sumActivation: number;
  /** Mean over the rows on which it fired; 0 when it never did. */
  meanActivation: number;
  histogram: Histogram;
}

/** Exact statistics of all features, accumulated shard by shard in typed arrays. */
export interface StatisticsAccumulator {
  /** Rows added that were counted. */
  readonly tokens: number;
  readonly events: number;
  readonly liveFeatures: number;
  /** Largest activation of every feature [d_sae]. */
  readonly max: Float32Array;
  /** Adds rows; those whose `excluded` byte is not 0 (BOS, special tokens) are left out everywhere. */
  add(rows: SparseRows, excluded?: Uint8Array): void;
  of(feature: number): FeatureStatistics;
}

/** Most counters of histograms that are kept at one time: 1 GiB. */
const MAX_HISTOGRAM_COUNTERS = 2 ** 28;

/** Creates an accumulator for `d_sae` features. */
export function createStatistics(d_sae: number): StatisticsAccumulator {
  if (d_sae * HISTOGRAM_BINS > MAX_HISTOGRAM_COUNTERS) {
    throw new FacetError(
      'exhausted',
      `d_sae ${d_sae} needs more than ${MAX_HISTOGRAM_COUNTERS} histogram counters`,
    );
  }
  const count = new Float64Array(d_sae);
  const max = new Float32Array(d_sae);
  const sum = new Float64Array(d_sae);
  const histogram = new Uint32Array(d_sae * HISTOGRAM_BINS);
  let tokens = 0;
  let events = 0;

  function addEvents({ indices, values }: SparseRows, start: number, end: number): void {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let at = start; at < end; at += 1) {
      const feature = indices[at];
      const value = values[at];
      count[feature] += 1;
      sum[feature] += value;
      if (value > max[feature]) max[feature] = value;
      histogram[feature * HISTOGRAM_BINS + binOfBits(bits[at])] += 1;
    }
    events += end - start;
  }

  return {
    max,
    add(rows, excluded) {
      for (let row = 0; row < rows.rows; row += 1) {
        if (excluded !== undefined && excluded[row] !== 0) continue;
        tokens += 1;
        addEvents(rows, rows.offsets[row], rows.offsets[row + 1]);
      }
    },
    of: (feature) => ({
      feature,
      firingCount: count[feature],
      density: tokens === 0 ? 0 : count[feature] / tokens,
      maxActivation: max[feature],
      sumActivation: sum[feature],
      meanActivation: count[feature] === 0 ? 0 : sum[feature] / count[feature],
      histogram: trimHistogram(histogram.subarray(feature * HISTOGRAM_BINS, (feature + 1) * HISTOGRAM_BINS)),
    }),
    get tokens() {
      return tokens;
    },
    get events() {
      return events;
    },
    get liveFeatures() {
      return count.reduce((live, value) => live + (value > 0 ? 1 : 0), 0);
    },
  };
}
