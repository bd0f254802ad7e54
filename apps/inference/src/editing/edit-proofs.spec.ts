import { intervention, rule } from '../testing/interventions.ts';
import { countEdited, proofsOf } from './edit-proofs.ts';
import { planInterventions } from './intervention-plan.ts';

describe('proofsOf', () => {
  const gated = rule(1, 0, 5, { gateFeature: 0, gateThreshold: 1 });
  const a = intervention('x', { features: 1, seed: 1 });
  const b = intervention('x', { features: 2, seed: 2, rules: [gated] });
  const plan = planInterventions([[a], [b]]);
  // Two rows of three positions, three columns: a's feature, then b's two.
  const fBefore = Float32Array.from({ length: 18 }, (_, i) => i / 10);
  const step = {
    plan,
    T: 3,
    masks: new Map([['x', Float32Array.from({ length: 18 }, (_, i) => (i % 3 === 2 && i !== 17 ? 1 : 0))]]),
    proofs: [
      {
        hookPoint: 'x',
        features: 3,
        fBefore,
        fAfter: fBefore.map((value) => value + 1),
        deltaNorm: Float32Array.of(0, 1, 2, 3, 4, 5),
        xNorm: Float32Array.of(10, 11, 12, 13, 14, 15),
      },
    ],
  };

  test('cuts the columns and positions of one variant out of the merged port', () => {
    const [proof] = proofsOf(step, { row: 1, variant: 1, sequence: 7, firstPosition: 4, positions: 3 });
    expect(proof).toMatchObject({
      sequence: 7,
      hookPoint: 'x',
      firstPosition: 4,
      positions: 3,
      features: 2,
    });
    expect([...proof!.fBefore]).toEqual([1.0, 1.1, 1.3, 1.4, 1.6, 1.7].map(Math.fround));
    expect([...proof!.fAfter]).toEqual([...proof!.fBefore].map((value) => Math.fround(value + 1)));
    expect([...proof!.deltaNorm]).toEqual([3, 4, 5]);
    expect([...proof!.xNorm]).toEqual([13, 14, 15]);
  });

  test('says edited only where the mask and the gate let the rule through', () => {
    const [proof] = proofsOf(step, { row: 1, variant: 1, sequence: 1, firstPosition: 0, positions: 3 });
    // Gate feature: 1.0 (not above 1), 1.3, 1.6; the mask is open at the first two.
    expect([...proof!.edited]).toEqual([0, 1, 0]);
    expect(countEdited([proof!])).toBe(1);
  });

  test('reports features without rules as read, not edited', () => {
    const [proof] = proofsOf(step, { row: 0, variant: 0, sequence: 0, firstPosition: 0, positions: 2 });
    expect([...proof!.fBefore]).toEqual([0, 0.3].map(Math.fround));
    expect([...proof!.edited]).toEqual([0, 0]);
  });
});
