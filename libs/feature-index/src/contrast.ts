/** How well a feature tells positive texts from negative ones, by its largest activation in each text. */
export interface Contrast {
  feature: number;
  /** P(positive > negative) + P(equal) / 2 over all pairs: the area under the ROC curve. */
  auroc: number;
  positiveMean: number;
  negativeMean: number;
  positiveFired: number;
  negativeFired: number;
}

/** Largest activation of every feature in every text, [texts, d_sae] row-major; 0 where it did not fire. */
export interface TextMaxima {
  texts: number;
  maxima: Float32Array;
}

/**
 * Ranks all features by AUROC, then by the difference of the mean maxima over the feature's `scale` (its largest activation in
 * the index; raw where that is 0), then by index. Features that fire on no text are left out: they tell nothing.
 */
export function rankContrasts(positive: TextMaxima, negative: TextMaxima, scale: Float32Array): Contrast[] {
  const d_sae = scale.length;
  const contrasts: Contrast[] = [];
  for (let feature = 0; feature < d_sae; feature += 1) {
    const up = columnOf(positive, d_sae, feature);
    const down = columnOf(negative, d_sae, feature);
    const positiveFired = countFired(up);
    const negativeFired = countFired(down);
    if (positiveFired + negativeFired === 0) continue;
    const means = { positiveMean: meanOf(up), negativeMean: meanOf(down) };
    contrasts.push({ feature, auroc: auroc(up, down), ...means, positiveFired, negativeFired });
  }
  const spread = ({ positiveMean, negativeMean, feature }: Contrast) =>
    (positiveMean - negativeMean) / (scale[feature] > 0 ? scale[feature] : 1);
  return contrasts.sort((a, b) => b.auroc - a.auroc || spread(b) - spread(a) || a.feature - b.feature);
}

/** Area under the ROC curve by ranks, (R₊ − n₊(n₊+1)/2) / (n₊·n₋), with the mean rank for ties (Mann-Whitney U). */
export function auroc(positive: Float32Array, negative: Float32Array): number {
  const all = [...positive, ...negative];
  const order = all.map((_, i) => i).sort((a, b) => all[a] - all[b]);
  let positiveRanks = 0;
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && all[order[end]] === all[order[start]]) end += 1;
    const midrank = (start + 1 + end) / 2;
    for (let i = start; i < end; i += 1) if (order[i] < positive.length) positiveRanks += midrank;
  }
  const n = positive.length;
  return (positiveRanks - (n * (n + 1)) / 2) / (n * negative.length);
}

function columnOf({ texts, maxima }: TextMaxima, d_sae: number, feature: number): Float32Array {
  return Float32Array.from({ length: texts }, (_, text) => maxima[text * d_sae + feature]);
}

function countFired(values: Float32Array): number {
  return values.reduce((count, value) => count + (value > 0 ? 1 : 0), 0);
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
