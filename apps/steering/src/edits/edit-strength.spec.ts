import { affineRule, maximumUse } from './edit-strength.ts';
import type { EditMode } from './feature-edit.ts';

const rule = (mode: EditMode, maximum?: number) =>
  affineRule(
    { feature: { saeId: 'a', index: 3 }, mode, scope: 'all', includeSpecialTokens: false },
    maximum,
    'edits[0]',
  );

describe('affineRule', () => {
  test.each<[EditMode, number | undefined, { scale: number; offset: number }]>([
    [{ kind: 'clamp', value: 7 }, undefined, { scale: 0, offset: 7 }],
    [{ kind: 'clamp', value: -7 }, 4.5, { scale: 0, offset: -7 }],
    [{ kind: 'clamp_to_max', value: 10 }, 4.5, { scale: 0, offset: 45 }],
    [{ kind: 'clamp_if_active', value: 2 }, 4.5, { scale: 0, offset: 2 }],
    [{ kind: 'scale', value: 3 }, undefined, { scale: 3, offset: 0 }],
    [{ kind: 'ablate' }, undefined, { scale: 0, offset: 0 }],
    [{ kind: 'add', value: -2 }, 4.5, { scale: 1, offset: -2 }],
  ])('%j with maximum %p', (mode, maximum, expected) => {
    expect(rule(mode, maximum)).toEqual(expected);
  });

  test.each<[EditMode, number | undefined]>([
    [{ kind: 'clamp', value: 4500 }, 4.5],
    [{ kind: 'clamp_if_active', value: -4500 }, 4.5],
    [{ kind: 'add', value: 4500 }, 4.5],
    [{ kind: 'clamp', value: 100_000 }, undefined],
    [{ kind: 'clamp_to_max', value: 1000 }, 4.5],
    [{ kind: 'scale', value: -1000 }, undefined],
  ])('allows the limit itself, %j with maximum %p, and refuses one percent more', (mode, maximum) => {
    expect(() => rule(mode, maximum)).not.toThrow();
    if (mode.kind === 'ablate') throw new Error('ablation has no strength');
    const stronger = { ...mode, value: mode.value * 1.01 };
    expect(() => rule(stronger, maximum)).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        reason: 'STRENGTH_OUT_OF_RANGE',
        field: `edits[0].${mode.kind}`,
      }),
    );
  });

  test('refuses to clamp to the maximum of a feature that never fired', () => {
    expect(() => rule({ kind: 'clamp_to_max', value: 2 })).toThrow(
      expect.objectContaining({ kind: 'precondition', reason: 'FEATURE_NEVER_FIRED' }),
    );
  });
});

describe('maximumUse', () => {
  test('asks the index only where the maximum matters', () => {
    const uses = (['clamp', 'clamp_to_max', 'clamp_if_active', 'scale', 'add'] as const).map((kind) =>
      maximumUse({ kind, value: 1 }),
    );
    expect(uses).toEqual(['for-limit', 'required', 'for-limit', 'none', 'for-limit']);
    expect(maximumUse({ kind: 'ablate' })).toBe('none');
  });
});
