import { createRandom } from '@facet/random';
import { penaltyOf } from '../jumprelu-penalty.ts';
import { gatedReference } from './gated-reference.ts';
import { type JumpreluPenalty, jumpreluReference } from './jumprelu-reference.ts';
import type { ReferenceLoss, Weights64 } from './reference.ts';
import {
  type SelectedOptions,
  selectedReference,
  strongestOfBatch,
  strongestOfRows,
} from './selected-reference.ts';
import { standardReference } from './standard-reference.ts';

const D_IN = 6;
const D_SAE = 14;
const ROWS = 9;
const STEP = 1e-6;

function fixture(vectors: Record<string, number> = {}): { w: Weights64; x: Float64Array } {
  const random = createRandom(11n);
  const draw = (length: number, scale = 1) => Float64Array.from({ length }, () => scale * random.gaussian());
  const w = {
    W_enc: draw(D_SAE * D_IN),
    b_enc: draw(D_SAE, 0.1),
    W_dec: draw(D_SAE * D_IN),
    b_dec: draw(D_IN, 0.3),
    vectors: Object.fromEntries(
      Object.entries(vectors).map(([name, mean]) => [name, draw(D_SAE, 0.2).map((value) => value + mean)]),
    ),
  };
  return { w, x: draw(ROWS * D_IN) };
}

const MATRICES = ['W_enc', 'b_enc', 'W_dec', 'b_dec'] as const;

/** Compares every gradient of `at` with the slope that `loss` has there; `except` are pseudo-gradients. */
function expectSlopes(at: Weights64, { gradients }: ReferenceLoss, loss: (w: Weights64) => number): void {
  const named = (w: Weights64) => ({ ...w.vectors, ...Object.fromEntries(MATRICES.map((n) => [n, w[n]])) });
  const given: Record<string, Float64Array> = named(gradients);
  for (const [name, values] of Object.entries(named(at))) {
    for (let i = 0; i < values.length; i++) {
      const moved = (by: number) => {
        const copy = values.with(i, values[i] + by);
        return name in at.vectors
          ? { ...at, vectors: { ...at.vectors, [name]: copy } }
          : { ...at, [name]: copy };
      };
      const slope = (loss(moved(STEP)) - loss(moved(-STEP))) / (2 * STEP);
      expect([name, i, given[name][i] - slope]).toEqual([name, i, expect.closeTo(0, 5)]);
    }
    expect(given[name].some((value) => value !== 0)).toBe(true);
  }
}

describe('standardReference', () => {
  test('has the gradients that finite differences give', () => {
    const { w, x } = fixture();
    expectSlopes(w, standardReference(w, x, 0.7), (moved) => standardReference(moved, x, 0.7).loss);
  });

  test('weights the penalty by decoder norms', () => {
    const { w, x } = fixture();
    const penalty = (at: Weights64) => standardReference(at, x, 1).loss - standardReference(at, x, 0).loss;
    const halved = { ...w, W_enc: w.W_enc.map((v) => v / 2), b_enc: w.b_enc.map((v) => v / 2) };
    const doubled = { ...halved, W_dec: w.W_dec.map((v) => v * 2) };
    expect(penalty(doubled)).toBeCloseTo(penalty(w), 9);
    expect(penalty(halved)).toBeCloseTo(penalty(w) / 2, 9);
  });
});

describe('jumpreluReference', () => {
  const penalties: JumpreluPenalty[] = [
    { lambda: 0.3, target_l0: 0, bandwidth: 0.4 },
    { lambda: 0.3, target_l0: 3, bandwidth: 0.4 },
  ];

  test.each(penalties)(
    'has the gradients that finite differences give, where there are any: %j',
    (penalty) => {
      const { w, x } = fixture({ threshold: 0.6 });
      const { vectors: pseudo, ...rest } = jumpreluReference(w, x, penalty).gradients;
      expect(pseudo.threshold.some((value) => value !== 0)).toBe(true);
      const loss = (moved: Weights64) => jumpreluReference({ ...moved, vectors: w.vectors }, x, penalty).loss;
      const gradients = { ...rest, vectors: {} };
      expectSlopes({ ...w, vectors: {} }, { ...jumpreluReference(w, x, penalty), gradients }, loss);
    },
  );

  test.each(penalties)(
    'gives thresholds the slope of the loss with H as a ramp of width ε: %j',
    (penalty) => {
      const { w, x } = fixture({ threshold: 0.6 });
      const { gradients } = jumpreluReference(w, x, penalty);
      const slopes = gradients.vectors.threshold;
      for (let i = 0; i < D_SAE; i++) {
        const moved = (by: number) => {
          const threshold = w.vectors.threshold.with(i, w.vectors.threshold[i] + by);
          return rampedLoss({ ...w, vectors: { threshold } }, { at: w, x, penalty });
        };
        const slope = (moved(STEP) - moved(-STEP)) / (2 * STEP);
        expect([i, slopes[i] - slope]).toEqual([i, expect.closeTo(0, 5)]);
      }
      expect(slopes.filter((slope) => slope !== 0).length).toBeGreaterThan(D_SAE / 2);
    },
  );
});

/**
 * The loss near `at`, in which thresholds that move by Δθ change what fires as the straight-through estimator says: inside
 * the window of `at`, H(z − θ) by −Δθ/ε and z·H(z − θ) by −Δ(θ²)/2ε.
 */
function rampedLoss(
  { vectors }: Weights64,
  { at, x, penalty }: { at: Weights64; x: Float64Array; penalty: JumpreluPenalty },
): number {
  const { bandwidth } = penalty;
  const f = jumpreluReference(at, x, penalty).activations.slice();
  let firings = f.filter((value) => value > 0).length;
  for (let place = 0; place < f.length; place++) {
    const [r, i] = [Math.floor(place / D_SAE), place % D_SAE];
    const [before, after] = [at, { vectors }].map((w) => w.vectors.threshold[i]);
    const z = at.b_enc[i] + range(D_IN, (j) => x[r * D_IN + j] * at.W_enc[i * D_IN + j]);
    if (Math.abs(z - before) > bandwidth / 2) continue;
    firings -= (after - before) / bandwidth;
    f[place] -= (after ** 2 - before ** 2) / (2 * bandwidth);
  }
  const squares = range(ROWS * D_IN, (p) => errorAt({ w: at, x, f }, Math.floor(p / D_IN), p % D_IN) ** 2);
  return squares / ROWS + penaltyOf(firings / ROWS, penalty).value;
}

/** Σ of `term` from 0 to `count`. */
function range(count: number, term: (index: number) => number): number {
  return Array.from({ length: count }, (_, index) => term(index)).reduce((sum, value) => sum + value, 0);
}

/** x̂ − x of row r in dimension j. */
function errorAt(
  { w, x, f }: { w: Weights64; x: Float64Array; f: Float64Array },
  r: number,
  j: number,
): number {
  return w.b_dec[j] - x[r * D_IN + j] + range(D_SAE, (s) => f[r * D_SAE + s] * w.W_dec[s * D_IN + j]);
}

describe('gatedReference', () => {
  test('has the gradients that finite differences give, the decoder of the gate held fixed', () => {
    const { w, x } = fixture({ b_mag: 0.3, r_mag: 0.1 });
    const frozen = { W_dec: w.W_dec, b_dec: w.b_dec };
    const loss = (moved: Weights64) => gatedReference(moved, x, { lambda: 0.7, frozen }).loss;
    expectSlopes(w, gatedReference(w, x, { lambda: 0.7 }), loss);
  });
});

describe('selectedReference', () => {
  const options: SelectedOptions = {
    recipe: { k: 3, auxk_alpha: 0.5, k_aux: 2 },
    dead: [2, 3, 7, 11],
  };

  test.each([
    ['topk', strongestOfRows(3), [D_SAE]],
    ['batchtopk', strongestOfBatch(3), [D_SAE]],
    ['matryoshka', strongestOfBatch(3), [3, 7, D_SAE]],
  ])('has the gradients that finite differences give: %s', (_, select, prefixes) => {
    const { w, x } = fixture();
    const given = selectedReference(w, x, { ...options, select, prefixes });
    const fixed = { ...options, select, prefixes, frozen: given.frozen };
    expectSlopes(w, given, (moved) => selectedReference(moved, x, fixed).loss);
  });

  test('pulls dead features in only through the auxiliary term', () => {
    const { w, x } = fixture();
    w.b_enc.fill(-100, 2, 3); // feature 2 never fires, not even in the auxiliary term
    const select = strongestOfRows(3);
    const withTerm = selectedReference(w, x, { ...options, select, dead: [2, 3] });
    const without = selectedReference(w, x, { ...options, select, dead: [] });
    expect(withTerm.gradients.b_enc[2]).toBe(0);
    expect(withTerm.gradients.b_enc[3]).not.toBe(without.gradients.b_enc[3]);
    expect(withTerm.loss).toBeGreaterThan(without.loss);
  });

  test('selects k per row, or B·k of the batch with ties in favour of the first', () => {
    const pre = Float64Array.of(5, 4, 3, 1, 0, -1, 1, 1, 2);
    expect(Array.from(strongestOfRows(2)(pre, 3))).toEqual([1, 1, 0, 1, 0, 0, 1, 0, 1]);
    expect(Array.from(strongestOfBatch(2)(pre, 3))).toEqual([1, 1, 1, 1, 0, 0, 1, 0, 1]);
    expect(Array.from(strongestOfBatch(3)(pre, 3))).toEqual([1, 1, 1, 1, 0, 0, 1, 1, 1]);
  });
});
