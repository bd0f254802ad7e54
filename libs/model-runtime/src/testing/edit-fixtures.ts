import type { BatchIntervention } from '../model-runtime.ts';
import type { ReferenceEdit, Rows } from './reference-model.ts';
import { createNoise } from './tiny-model.ts';

/** What one feature's rule is in one batch row. */
export interface Rule {
  scale: number;
  offset: number;
  gateFeature?: number;
  gateThreshold?: number;
}

export const IDENTITY: Rule = { scale: 1, offset: 0 };

/** Makes an intervention of `rules[row][feature]` at a hook point, with random encoder and decoder rows of width d. */
export function makeIntervention(
  hookPoint: string,
  rules: readonly (readonly Rule[])[],
  d: number,
): BatchIntervention {
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
    gateFeature: Int32Array.from(perRule(({ gateFeature }, feature) => gateFeature ?? feature)),
    gateThreshold: perRule(({ gateThreshold }) => gateThreshold ?? Number.NEGATIVE_INFINITY),
  };
}

/** f of rows x, straight from the definition. */
export function encodeRows(intervention: BatchIntervention, rows: Rows): Rows {
  const n = intervention.b_enc.length;
  return rows.map((x) =>
    Array.from({ length: n }, (_, i) => {
      const z = x.reduce(
        (sum, value, j) => sum + value * intervention.W_enc_rows[i * x.length + j]!,
        intervention.b_enc[i]!,
      );
      return z > intervention.threshold[i]! ? Math.max(z, 0) : 0;
    }),
  );
}

/** The interventions of batch row `row` as the reference applies them, straight from the definition. */
export function referenceEdit(interventions: readonly BatchIntervention[], row: number): ReferenceEdit {
  return (hookPoint, rows) => {
    const found = interventions.find((intervention) => intervention.hookPoint === hookPoint);
    return found === undefined ? rows : applyIntervention(found, rows, row);
  };
}

function applyIntervention(intervention: BatchIntervention, rows: Rows, row: number): Rows {
  const n = intervention.b_enc.length;
  const f = encodeRows(intervention, rows);
  return rows.map((x, t) => {
    const out = [...x];
    for (let i = 0; i < n; i++) {
      const rule = row * n + i;
      const isOpen = f[t]![intervention.gateFeature![rule]!]! > intervention.gateThreshold![rule]!;
      const mask = intervention.mask?.[row * rows.length + t] ?? 1;
      if (!isOpen || mask === 0) continue;
      const delta = mask * ((intervention.scale[rule]! - 1) * f[t]![i]! + intervention.offset[rule]!);
      for (let j = 0; j < x.length; j++) out[j]! += delta * intervention.W_dec_rows[i * x.length + j]!;
    }
    return out;
  });
}
