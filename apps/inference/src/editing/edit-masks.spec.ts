import { intervention, rule } from '../testing/interventions.ts';
import { editMasks, ruleReaches } from './edit-masks.ts';
import { planInterventions } from './intervention-plan.ts';

describe('ruleReaches', () => {
  const prompt = { generated: false, special: false };
  const generated = { generated: true, special: false };
  test.each([
    ['all', 3, prompt, true],
    ['all', 3, generated, true],
    ['prompt', 3, prompt, true],
    ['prompt', 3, generated, false],
    ['generated', 3, prompt, false],
    ['generated', 3, generated, true],
    [{ start: 3, end: 5 }, 2, prompt, false],
    [{ start: 3, end: 5 }, 3, prompt, true],
    [{ start: 3, end: 5 }, 4, generated, true],
    [{ start: 3, end: 5 }, 5, generated, false],
  ] as const)('scope %j at position %d', (scope, position, token, reached) => {
    expect(ruleReaches(rule(0, 0, 1, { scope }), position, token)).toBe(reached);
  });

  test('leaves special tokens alone unless asked', () => {
    const special = { generated: false, special: true };
    expect(ruleReaches(rule(0, 0, 1), 0, special)).toBe(false);
    expect(ruleReaches(rule(0, 0, 1, { includeSpecialTokens: true }), 0, special)).toBe(true);
  });
});

describe('editMasks', () => {
  test('marks, for each row, the columns of its own rules only', () => {
    const a = intervention('x', { features: 2, seed: 1, rules: [rule(1, 0, 1)] });
    const b = intervention('x', { features: 1, seed: 2, rules: [rule(0, 0, 1, { scope: 'generated' })] });
    const plan = planInterventions([[a], [b]]);
    const row = { firstPosition: 1, special: [false, false], promptLength: 2 };
    const positions = [{ ...row, special: [true, false] }, row, row];
    const mask = editMasks(plan, { variants: [0, 1, null], positions }, 2).get('x')!;
    expect([...mask]).toEqual([0, 0, 0, 0, 1, 0, /* row 1 */ 0, 0, 0, 0, 0, 1, /* row 2 */ 0, 0, 0, 0, 0, 0]);
  });

  test('leaves padding alone', () => {
    const plan = planInterventions([[intervention('x', { features: 1, rules: [rule(0, 0, 1)] })]]);
    const positions = [{ firstPosition: 0, special: [0], promptLength: 1 }];
    expect([...editMasks(plan, { variants: [0], positions }, 3).get('x')!]).toEqual([1, 0, 0]);
  });
});
