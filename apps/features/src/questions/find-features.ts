import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Contrast,
  contrastFeatures,
  type FeatureRecord,
  type IndexInfo,
  rankContrasts,
  type TextMaxima,
} from '@facet/feature-index';
import { FEATURES_PER_TURN, MAX_CONTRAST_TEXTS } from '../limits.ts';
import type { ReadySae } from '../sae-library.ts';
import { requireSameSae } from './activate-text.ts';
import type { QuestionParts } from './question-parts.ts';
import { addMaxima, encodeTexts, requireTexts } from './text-activations.ts';

/** Which features tell positive texts from negative ones. */
export interface FindFeaturesQuestion {
  sae: string;
  positiveTexts: readonly string[];
  negativeTexts: readonly string[];
  limit: number;
  /** Only features with at most this density in the index. */
  maxDensity: number;
}

export interface FoundFeatures {
  index: IndexInfo;
  contrasts: (Omit<Contrast, 'feature'> & { feature: FeatureRecord })[];
}

/** Contrasts all features by their largest activation in every text; see `rankContrasts` for the order. */
export async function findFeatures(
  { index, indexOf, saes, inference, vectorsOf }: QuestionParts,
  question: FindFeaturesQuestion,
  signal?: AbortSignal,
): Promise<FoundFeatures> {
  const { positiveTexts, negativeTexts, limit, maxDensity } = question;
  requireTexts(positiveTexts, { field: 'positive_texts', max: MAX_CONTRAST_TEXTS });
  requireTexts(negativeTexts, { field: 'negative_texts', max: MAX_CONTRAST_TEXTS });
  const info = await indexOf(question.sae);
  const vectors = await vectorsOf(info);
  const [positive, negative] = await saes.use(question.sae, async (sae) => {
    requireSameSae(info, sae.identity);
    const maximaOf = (texts: readonly string[]) => textMaxima(sae, texts, { inference, signal });
    return [await maximaOf(positiveTexts), await maximaOf(negativeTexts)] as const;
  });
  const contrasts = await contrastAll(positive, negative, info.d_sae);
  const eligible = contrasts.filter(({ feature }) => vectors.density[feature] <= maxDensity);
  const best = rankContrasts(eligible, vectors.maxActivation).slice(0, limit);
  const records = await index.features(
    info,
    best.map(({ feature }) => feature),
  );
  return { index: info, contrasts: best.map((contrast, i) => ({ ...contrast, feature: records[i]! })) };
}

async function textMaxima(
  sae: ReadySae,
  texts: readonly string[],
  options: { inference: QuestionParts['inference']; signal: AbortSignal | undefined },
): Promise<TextMaxima> {
  const { d_sae } = sae.sae.cfg;
  const maxima = new Float32Array(texts.length * d_sae);
  let text = 0;
  for await (const { texts: activated, sparse } of encodeTexts(sae, texts, options)) {
    let start = 0;
    for (const length of activated.lengths) {
      const into = maxima.subarray(text * d_sae, (text + 1) * d_sae);
      addMaxima(sparse, activated.special, into, { start, end: start + length });
      start += length;
      text += 1;
    }
  }
  return { texts: texts.length, maxima };
}

async function contrastAll(positive: TextMaxima, negative: TextMaxima, d_sae: number): Promise<Contrast[]> {
  const contrasts: Contrast[] = [];
  for (let start = 0; start < d_sae; start += FEATURES_PER_TURN) {
    const end = Math.min(start + FEATURES_PER_TURN, d_sae);
    contrasts.push(...contrastFeatures(positive, negative, { start, end, d_sae }));
    await nextTurn();
  }
  return contrasts;
}
