import type { ResolvedConfig } from '../config.ts';
import { resolveConfig } from '../resolve-config.ts';
import { initialWeights } from '../weights/initial-weights.ts';
import { estimateInputScale } from './input-scale.ts';

/** Norms 5 and 10: their mean is 7.5, their mean square 62.5. */
const ROWS = Float32Array.of(3, 4, 0, 0, 0, 6, 8, 0);
const D_IN = 4;

function configOf(change: Partial<Pick<ResolvedConfig, 'input_scale' | 'b_dec_start'>>): ResolvedConfig {
  const recipe = { name: 'topk', k: 1 } as const;
  return resolveConfig({ recipe, d_sae: 8, batch_rows: 2, ...change }, { d_in: D_IN, rows: 2 });
}

describe('estimateInputScale', () => {
  test.each([
    ['none', 1],
    ['expected_average_only_in', 2 / 7.5],
    ['unit_mean_square', 1 / Math.sqrt(62.5)],
  ] as const)('%s gives %d by hand', (input_scale, expected) => {
    expect(estimateInputScale(configOf({ input_scale }), ROWS)).toBe(Math.fround(expected));
  });

  test('leaves rows of zeros as they are', () => {
    const config = configOf({ input_scale: 'unit_mean_square' });
    expect(estimateInputScale(config, new Float32Array(8))).toBe(1);
  });
});

describe('initialWeights', () => {
  test.each([
    ['zero', [0, 0, 0, 0]],
    ['mean', [1.5, 5, 4, 0]],
    // Of two points, every point between them is a geometric median; the mean is where the iteration begins.
    ['geometric_median', [1.5, 5, 4, 0]],
  ] as const)('begins b_dec at %s, of the rows as the encoder sees them', (b_dec_start, expected) => {
    const { b_dec } = initialWeights(configOf({ b_dec_start }), ROWS);
    expect(Array.from(b_dec)).toEqual(expected);
    const scaled = initialWeights(configOf({ b_dec_start, input_scale: 'expected_average_only_in' }), ROWS);
    for (let j = 0; j < D_IN; j++) expect(scaled.b_dec[j]).toBeCloseTo((expected[j] * 2) / 7.5, 6);
  });

  test('draws unit directions with encoder rows equal to them', () => {
    const { W_enc, W_dec, b_enc } = initialWeights(configOf({}), ROWS);
    for (let row = 0; row < W_dec.length; row += D_IN) {
      expect(Math.hypot(...W_dec.subarray(row, row + D_IN))).toBeCloseTo(1, 6);
    }
    expect(W_enc).toEqual(W_dec);
    expect(b_enc).toEqual(new Float32Array(8));
  });
});
