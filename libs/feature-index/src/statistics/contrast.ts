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

/** Largest activation of every feature in every text, [texts, d_sae]; 0 where it did not fire. */
export interface TextMaxima {
  texts: number;
  maxima: Float32Array;
}

/** A run of features, [start, end). */
export interface FeatureRange {
  start: number;
  end: number;
}

/**
 * Contrasts a range of features; those that fire on no text are left out: they tell nothing. Ranges let a caller give other
 * work a turn between them.
 */
export function contrastFeatures(
  positive: TextMaxima,
  negative: TextMaxima,
  { start, end, d_sae }: FeatureRange & { d_sae: number },
): Contrast[] {
  const contrasts: Contrast[] = [];
  for (let feature = start; feature < end; feature += 1) {
    const up = columnOf(positive, d_sae, feature);
    const down = columnOf(negative, d_sae, feature);
    const positiveFired = countFired(up);
    const negativeFired = countFired(down);
    if (positiveFired + negativeFired === 0) continue;
    const means = { positiveMean: meanOf(up), negativeMean: meanOf(down) };
    contrasts.push({ feature, auroc: auroc(up, down), ...means, positiveFired, negativeFired });
  }
  return contrasts;
}

/**
 * Orders contrasts by AUROC, then by the difference of the mean maxima over the feature's `scale` (its largest activation in the
 * index; raw where that is 0), then by index.
 */
export function rankContrasts(contrasts: readonly Contrast[], scale: Float32Array): Contrast[] {
  const spread = ({ positiveMean, negativeMean, feature }: Contrast) =>
    (positiveMean - negativeMean) / (scale[feature] > 0 ? scale[feature] : 1);
  return [...contrasts].sort((a, b) => b.auroc - a.auroc || spread(b) - spread(a) || a.feature - b.feature);
}

/** Area under the ROC curve: (pairs in which the positive is larger + ties / 2) / all pairs, counted on sorted values. */
export function auroc(positive: Float32Array, negative: Float32Array): number {
  const up = positive.toSorted();
  const down = negative.toSorted();
  let below = 0;
  let notAbove = 0;
  let halfWins = 0;
  for (const value of up) {
    while (below < down.length && down[below] < value) below += 1;
    while (notAbove < down.length && down[notAbove] <= value) notAbove += 1;
    halfWins += below + notAbove;
  }
  return halfWins / 2 / (up.length * down.length);
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
