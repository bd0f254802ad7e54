import { intervention, rule } from '../testing/interventions.ts';
import { planInterventions, rowInterventions } from './intervention-plan.ts';

describe('planInterventions', () => {
  test('puts the features of all variants at one hook point side by side', () => {
    const a = intervention('x', { features: 2, seed: 1 });
    const b = intervention('x', { features: 1, seed: 2 });
    const { ports } = planInterventions([[a], [b]]);
    expect(ports).toHaveLength(1);
    expect(ports[0]).toMatchObject({ hookPoint: 'x', features: 3 });
    expect([...ports[0]!.b_enc]).toEqual([...a.b_enc, ...b.b_enc]);
    expect([...ports[0]!.W_dec_rows]).toEqual([...a.W_dec_rows, ...b.W_dec_rows]);
    expect(ports[0]!.placements.map(({ variant, first }) => [variant, first])).toEqual([
      [0, 0],
      [1, 2],
    ]);
  });

  test('lets variants share equal features, but not two interventions of one variant', () => {
    const weak = intervention('x', { features: 2, rules: [rule(0, 0, 1)] });
    const strong = intervention('x', { features: 2, rules: [rule(0, 0, 9)] });
    expect(planInterventions([[weak], [strong]]).ports[0]!.features).toBe(2);
    expect(planInterventions([[weak, strong]]).ports[0]!.features).toBe(4);
  });

  test('makes one port for each hook point', () => {
    const plan = planInterventions([
      [intervention('y', { features: 1 }), intervention('x', { features: 1 })],
    ]);
    expect(plan.ports.map(({ hookPoint }) => hookPoint)).toEqual(['y', 'x']);
  });

  test('refuses more different features than it can hold', () => {
    const variants = [1, 2, 3, 4, 5].map((seed) => [intervention('x', { features: 256, seed })]);
    expect(() => planInterventions(variants)).toThrow('1280 different features at x; the limit is 1024');
  });
});

describe('rowInterventions', () => {
  test('gives every row the rules of its own variant and the identity elsewhere', () => {
    const a = intervention('x', {
      features: 2,
      seed: 1,
      rules: [rule(1, 0, 5, { gateThreshold: 0.5, gateFeature: 0 })],
    });
    const b = intervention('x', { features: 1, seed: 2, rules: [rule(0, 2, 0)] });
    const [row] = rowInterventions(planInterventions([[a], [b]]), [0, 1, null]);
    expect([...row!.scale]).toEqual([1, 0, 1, 1, 1, 2, 1, 1, 1]);
    expect([...row!.offset]).toEqual([0, 5, 0, 0, 0, 0, 0, 0, 0]);
    expect([...row!.gateFeature!]).toEqual([0, 0, 2, 0, 1, 2, 0, 1, 2]);
    const never = Number.NEGATIVE_INFINITY;
    expect([...row!.gateThreshold!]).toEqual([never, 0.5, never, ...Array.from({ length: 6 }, () => never)]);
  });

  test('shifts the gate into the merged features', () => {
    const a = intervention('x', { features: 3, seed: 1 });
    const b = intervention('x', { features: 2, seed: 2, rules: [rule(0, 0, 1, { gateFeature: 1 })] });
    const [row] = rowInterventions(planInterventions([[a], [b]]), [1]);
    expect([...row!.gateFeature!]).toEqual([0, 1, 2, 4, 4]);
  });
});
