import { createRandom } from '@facet/random';
import { type TopkReferenceOptions, topkReference, type Weights64 } from './topk-reference.ts';

const D_IN = 6;
const D_SAE = 14;
const ROWS = 9;

function fixture(): { w: Weights64; x: Float64Array; options: TopkReferenceOptions } {
  const random = createRandom(11n);
  const draw = (length: number, scale = 1) => Float64Array.from({ length }, () => scale * random.gaussian());
  const w = {
    W_enc: draw(D_SAE * D_IN),
    b_enc: draw(D_SAE, 0.1),
    W_dec: draw(D_SAE * D_IN),
    b_dec: draw(D_IN, 0.3),
  };
  const recipe = { name: 'topk' as const, k: 3, auxk_alpha: 0.5, k_aux: 2 };
  return { w, x: draw(ROWS * D_IN), options: { d_in: D_IN, recipe, dead: [2, 3, 7, 11] } };
}

describe('topkReference', () => {
  test.each(['W_enc', 'b_enc', 'W_dec', 'b_dec'] as const)(
    'has the gradient that finite differences give: %s',
    (name) => {
      const { w, x, options } = fixture();
      const { gradients, frozen } = topkReference(w, x, options);
      const fixed = { ...options, frozen };
      const step = 1e-6;
      for (let at = 0; at < w[name].length; at++) {
        const shifted = (by: number) => ({ ...w, [name]: w[name].with(at, w[name][at] + by) });
        const above = topkReference(shifted(step), x, fixed).loss;
        const below = topkReference(shifted(-step), x, fixed).loss;
        expect(gradients[name][at]).toBeCloseTo((above - below) / (2 * step), 6);
      }
      expect(gradients[name].some((value) => value !== 0)).toBe(true);
    },
  );

  test('pulls dead features in only through the auxiliary term', () => {
    const { w, x, options } = fixture();
    w.b_enc.fill(-100, 2, 3); // feature 2 never fires, not even in the auxiliary term
    const withTerm = topkReference(w, x, { ...options, dead: [2, 3] });
    const without = topkReference(w, x, { ...options, dead: [] });
    expect(withTerm.gradients.b_enc[2]).toBe(0);
    expect(withTerm.gradients.b_enc[3]).not.toBe(without.gradients.b_enc[3]);
    expect(withTerm.loss).toBeGreaterThan(without.loss);
  });
});
