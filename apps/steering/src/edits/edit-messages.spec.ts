import { EditScope, FeatureEdit } from '@facet/contracts';
import { editMessage, readEdit, readEdits } from './edit-messages.ts';

type Partial = Parameters<typeof FeatureEdit.fromPartial>[0];

const message = (more: Partial = {}) =>
  FeatureEdit.fromPartial({ feature: 'saes/a/features/3', mode: { $case: 'clamp', value: 5 }, ...more });

const refused = (more: Partial, error: object) => {
  try {
    readEdits([message(), message({ feature: 'saes/a/features/4', ...more })], 'edits');
  } catch (thrown) {
    expect(thrown).toMatchObject(error);
    return;
  }
  throw new Error('nothing was refused');
};

describe('readEdit', () => {
  test('reads an edit with scope, span and condition', () => {
    const condition = { feature: 'saes/a/features/9', greaterThan: 0.5 };
    const span = { start: 2, end: 5 };
    const read = readEdit(
      message({ scope: EditScope.SPAN, span, condition, includeSpecialTokens: true }),
      'edit',
    );
    expect(read).toEqual({
      feature: { saeId: 'a', index: 3 },
      mode: { kind: 'clamp', value: 5 },
      scope: { start: 2, end: 5 },
      includeSpecialTokens: true,
      condition: { index: 9, greaterThan: 0.5 },
    });
  });

  test.each<[Partial, string]>([
    [{ mode: undefined }, 'edits[1].mode'],
    [{ mode: { $case: 'scale', value: Number.NaN } }, 'edits[1].scale'],
    [{ mode: { $case: 'clampToMax', value: Number.POSITIVE_INFINITY } }, 'edits[1].clamp_to_max'],
    [{ feature: 'features/4' }, 'edits[1].feature'],
    [{ scope: EditScope.SPAN }, 'edits[1].span'],
    [{ scope: EditScope.SPAN, span: { start: 4, end: 4 } }, 'edits[1].span'],
    [{ scope: EditScope.ALL, span: { start: 0, end: 4 } }, 'edits[1].span'],
    [{ scope: EditScope.UNRECOGNIZED }, 'edits[1].scope'],
    [{ condition: { feature: 'saes/b/features/4' } }, 'edits[1].condition.feature'],
    [{ condition: { feature: 'saes/a/features/1', greaterThan: -1 } }, 'edits[1].condition.greater_than'],
    [{ condition: { feature: 'saes/a/features/1', greaterThan: 1e300 } }, 'edits[1].condition.greater_than'],
    [
      { condition: { feature: 'saes/a/features/1', greaterThan: Number.NaN } },
      'edits[1].condition.greater_than',
    ],
  ])('refuses %j at %s', (more, field) => refused(more, { kind: 'invalid', field }));

  test('refuses clamp_if_active with a condition on another feature, which would be two conditions', () => {
    const mode = { $case: 'clampIfActive' as const, value: 1 };
    refused({ mode, condition: { feature: 'saes/a/features/1' } }, { kind: 'unimplemented' });
    const own = readEdit(message({ mode, condition: { feature: 'saes/a/features/3' } }), 'edit');
    expect(own.condition).toEqual({ index: 3, greaterThan: 0 });
  });
});

describe('readEdits', () => {
  test('refuses none, more than 64, and two edits of one feature', () => {
    const many = Array.from({ length: 65 }, (_, i) => message({ feature: `saes/a/features/${i}` }));
    expect(readEdits(many.slice(1), 'edits')).toHaveLength(64);
    expect(() => readEdits(many, 'edits')).toThrow('edits: 65 edits; give from 1 to 64');
    expect(() => readEdits([], 'edits')).toThrow('edits: 0 edits; give from 1 to 64');
    refused({ feature: 'saes/a/features/3' }, { reason: 'DUPLICATE_EDIT', field: 'edits[1].feature' });
  });
});

describe('editMessage', () => {
  test.each<[Partial]>([
    [{ mode: { $case: 'clampToMax', value: 10 }, scope: EditScope.GENERATED }],
    [{ mode: { $case: 'ablate', value: {} }, scope: EditScope.SPAN, span: { start: 1, end: 2 } }],
    [{ scope: EditScope.ALL, condition: { feature: 'saes/a/features/9', greaterThan: 2 } }],
  ])('writes what was read: %j', (more) => {
    expect(editMessage(readEdit(message(more), 'edit'))).toEqual(message(more));
  });
});
