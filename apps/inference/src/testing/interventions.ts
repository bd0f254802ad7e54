import type { EditRule, Intervention } from '../editing/interventions.ts';

/** A rule for tests that edits every ordinary position. */
export function rule(feature: number, scale: number, offset: number, more: Partial<EditRule> = {}): EditRule {
  return {
    feature,
    scale,
    offset,
    gateThreshold: Number.NEGATIVE_INFINITY,
    gateFeature: feature,
    scope: 'all',
    includeSpecialTokens: false,
    ...more,
  };
}

/** An intervention for tests whose rows are numbered from `seed`, so that every value is another. */
export function intervention(
  hookPoint: string,
  {
    features,
    width = 2,
    seed = 1,
    rules = [],
  }: { features: number; width?: number; seed?: number; rules?: EditRule[] },
): Intervention {
  const rows = (length: number, from: number) =>
    Float32Array.from({ length }, (_, i) => seed * 1000 + from + i);
  return {
    hookPoint,
    features,
    W_enc_rows: rows(features * width, 0),
    b_enc: rows(features, 100),
    threshold: rows(features, 200),
    W_dec_rows: rows(features * width, 300),
    rules,
  };
}
