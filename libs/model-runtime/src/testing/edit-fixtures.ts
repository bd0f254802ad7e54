import type { FeatureEdits } from '../model-runtime.ts';
import type { ReferenceEdit, Rows } from './reference-model.ts';
import { createNoise } from './tiny-model.ts';

/** What one feature's rule is in one batch row. */
export interface Rule {
  scale: number;
  offset: number;
  gateSource?: number;
  gateThreshold?: number;
}

export const IDENTITY: Rule = { scale: 1, offset: 0 };

/** Makes edits of `rules[row][feature]` at a hook point, with random encoder and decoder rows of width d. */
export function makeEdits(hookPoint: string, rules: readonly (readonly Rule[])[], d: number): FeatureEdits {
  const n = rules[0]!.length;
  const random = createNoise(11);
  const noise = (size: number) => Float32Array.from({ length: size }, () => random());
  const perRule = (pick: (rule: Rule, feature: number) => number) =>
    Float32Array.from(rules.flatMap((row) => row.map((rule, feature) => pick(rule, feature))));
  return {
    hookPoint,
    W_enc_rows: noise(n * d),
    b_enc: noise(n),
    threshold: Float32Array.from({ length: n }, (_, i) => 0.1 * i),
    W_dec_rows: noise(n * d),
    scale: perRule(({ scale }) => scale),
    offset: perRule(({ offset }) => offset),
    gateSource: Int32Array.from(perRule(({ gateSource }, feature) => gateSource ?? feature)),
    gateThreshold: perRule(({ gateThreshold }) => gateThreshold ?? Number.NEGATIVE_INFINITY),
  };
}

/** f of rows x, straight from the definition. */
export function encodeRows(edits: FeatureEdits, rows: Rows): Rows {
  const n = edits.b_enc.length;
  return rows.map((x) =>
    Array.from({ length: n }, (_, i) => {
      const z = x.reduce(
        (sum, value, j) => sum + value * edits.W_enc_rows[i * x.length + j]!,
        edits.b_enc[i]!,
      );
      return z > edits.threshold[i]! ? Math.max(z, 0) : 0;
    }),
  );
}

/** The edits of batch row `row` as the reference applies them, straight from the definition. */
export function referenceEdit(edits: readonly FeatureEdits[], row: number): ReferenceEdit {
  return (hookPoint, rows) => {
    const found = edits.find((edit) => edit.hookPoint === hookPoint);
    return found === undefined ? rows : applyEdit(found, rows, row);
  };
}

function applyEdit(edits: FeatureEdits, rows: Rows, row: number): Rows {
  const n = edits.b_enc.length;
  const f = encodeRows(edits, rows);
  return rows.map((x, t) => {
    const out = [...x];
    for (let i = 0; i < n; i++) {
      const rule = row * n + i;
      const isOpen = f[t]![edits.gateSource![rule]!]! > edits.gateThreshold![rule]!;
      const mask = edits.mask?.[row * rows.length + t] ?? 1;
      if (!isOpen || mask === 0) continue;
      const delta = mask * ((edits.scale[rule]! - 1) * f[t]![i]! + edits.offset[rule]!);
      for (let j = 0; j < x.length; j++) out[j]! += delta * edits.W_dec_rows[i * x.length + j]!;
    }
    return out;
  });
}
