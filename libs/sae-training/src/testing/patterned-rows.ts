import { createRandom } from '@facet/random';
import { createMemorySource, type RowSource } from '../rows/row-source.ts';

const ROWS = 2000;
const DIRECTIONS = 24;
const ACTIVE = 3;

/** Gives rows [2000, d_in] that are sums of 3 of 24 directions with a little noise, away from the origin; 300 are held out. */
export function patternedRows(d_in: number): RowSource {
  const random = createRandom(11n);
  const truth = Float64Array.from({ length: DIRECTIONS * d_in }, () => random.gaussian() / Math.sqrt(d_in));
  const x = new Float32Array(ROWS * d_in);
  for (let r = 0; r < ROWS; r++) {
    for (let active = 0; active < ACTIVE; active++) {
      const i = random.below(DIRECTIONS);
      const strength = 1 + random.uniform();
      for (let j = 0; j < d_in; j++) x[r * d_in + j] += strength * truth[i * d_in + j];
    }
    for (let j = 0; j < d_in; j++) x[r * d_in + j] += 0.5 + 0.05 * random.gaussian();
  }
  return createMemorySource(d_in, x, x.slice(0, 300 * d_in));
}
