import { EditScope, Lineage } from '@facet/contracts';
import { answerTensors } from '@facet/mesh';
import type { FeatureEdit } from '../edits/feature-edit.ts';
import { planInterventions } from './interventions.ts';
import type { ResolvedEdit } from './plan-steering.ts';
import type { SaeDirections } from './sae-directions.ts';

/** An SAE whose feature i has encoder row (i, i), bias 10 i, threshold 100 i and decoder row (−i, −i). */
function sae(saeId: string, hookPoint: string, d_in = 2): SaeDirections {
  const feature = (i: number) => ({
    W_enc_row: new Float32Array(d_in).fill(i),
    b_enc: 10 * i,
    threshold: 100 * i,
    W_dec_row: new Float32Array(d_in).fill(-i),
  });
  const features = new Map(Array.from({ length: 70 }, (_, i) => [i, feature(i)]));
  return { saeId, hookPoint, d_in, thresholdForm: false, lineage: Lineage.fromPartial({}), features };
}

function resolved(from: SaeDirections, index: number, more: Partial<FeatureEdit> = {}): ResolvedEdit {
  const edit: FeatureEdit = {
    feature: { saeId: from.saeId, index },
    mode: { kind: 'clamp', value: 5 },
    scope: 'all',
    includeSpecialTokens: false,
    ...more,
  };
  const direction = from.features.get(index)!;
  return { edit, sae: from, direction, maximum: undefined, rule: { scale: 0, offset: 5 } };
}

describe('planInterventions', () => {
  test('puts the features of one hook point into one intervention, row by row', () => {
    const [a, b] = [sae('a', 'x'), sae('b', 'x')];
    const [planned, ...others] = planInterventions([resolved(a, 3), resolved(b, 3), resolved(a, 1)]);
    expect(others).toEqual([]);
    const { intervention } = planned!;
    const floats = (tensor: typeof intervention.threshold, shape: number[]) => [
      ...answerTensors.floats(tensor, shape, 'it'),
    ];
    expect(floats(intervention.encoderRows, [3, 2])).toEqual([3, 3, 3, 3, 1, 1]);
    expect(floats(intervention.decoderRows, [3, 2])).toEqual([-3, -3, -3, -3, -1, -1]);
    expect(floats(intervention.encoderBias, [3])).toEqual([30, 30, 10]);
    expect(floats(intervention.threshold, [3])).toEqual([300, 300, 100]);
    expect(intervention.rules.map(({ feature }) => feature)).toEqual([0, 1, 2]);
    expect(planned!.columns).toEqual([0, 1, 2].map((i) => ({ edit: i, column: i })));
  });

  test('makes one intervention for every hook point and remembers whose edits they are', () => {
    const [a, b] = [sae('a', 'x'), sae('b', 'y')];
    const planned = planInterventions([resolved(a, 1), resolved(b, 2), resolved(a, 3)]);
    expect(
      planned.map(({ hookPoint, columns }) => ({ hookPoint, edits: columns.map(({ edit }) => edit) })),
    ).toEqual([
      { hookPoint: 'x', edits: [0, 2] },
      { hookPoint: 'y', edits: [1] },
    ]);
  });

  test('adds a row without a rule for a feature that only decides, and shares the row of an edited one', () => {
    const a = sae('a', 'x');
    const [planned] = planInterventions([
      resolved(a, 1, { condition: { index: 7, greaterThan: 0.5 } }),
      resolved(a, 2, { condition: { index: 1, greaterThan: 0 } }),
      resolved(a, 3, { condition: { index: 7, greaterThan: 2 } }),
    ]);
    expect(planned!.features).toBe(4);
    expect(planned!.columns.map(({ column }) => column)).toEqual([0, 1, 2]);
    const gates = planned!.intervention.rules.map(({ gateFeature, gateThreshold }) => [
      gateFeature,
      gateThreshold,
    ]);
    expect(gates).toEqual([
      [3, 0.5],
      [0, 0],
      [3, 2],
    ]);
  });

  test('gates clamp_if_active by the feature itself, or by its own condition', () => {
    const a = sae('a', 'x');
    const mode = { kind: 'clamp_if_active', value: 5 } as const;
    const [planned] = planInterventions([
      resolved(a, 1, { mode }),
      resolved(a, 2, { mode, condition: { index: 2, greaterThan: 3 } }),
      resolved(a, 3),
    ]);
    const gates = planned!.intervention.rules.map(({ gateFeature, gateThreshold }) => [
      gateFeature,
      gateThreshold,
    ]);
    expect(gates).toEqual([
      [undefined, 0],
      [1, 3],
      [undefined, undefined],
    ]);
  });

  test('passes scope, span and special tokens on', () => {
    const a = sae('a', 'x');
    const [planned] = planInterventions([
      resolved(a, 1, { scope: 'generated', includeSpecialTokens: true }),
      resolved(a, 2, { scope: { start: 3, end: 9 } }),
    ]);
    expect(planned!.intervention.rules).toMatchObject([
      { scope: EditScope.GENERATED, span: undefined, includeSpecialTokens: true },
      { scope: EditScope.SPAN, span: { start: 3, end: 9 }, includeSpecialTokens: false },
    ]);
  });

  test('refuses more data than a message holds', () => {
    const wide = sae('a', 'x', 8192);
    const edits = Array.from({ length: 33 }, (_, i) => resolved(wide, i));
    expect(() => planInterventions(edits)).toThrow(expect.objectContaining({ reason: 'EDITS_TOO_LARGE' }));
    expect(planInterventions(edits.slice(1))).toHaveLength(1);
    const two = [
      ...edits.slice(1),
      ...edits.slice(1).map((edit) => ({ ...edit, sae: { ...wide, hookPoint: 'y' } })),
    ];
    expect(() => planInterventions(two)).toThrow('of all hook points');
  });
});
