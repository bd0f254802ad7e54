import type { SaeIdentity } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import {
  type FeatureRecord,
  type IndexInfo,
  type RankStatistic,
  rankOnText,
  type SparseRows,
  saeSha256Of,
} from '@facet/feature-index';
import { MAX_REPLY_VALUE_BYTES } from '../limits.ts';
import type { QuestionParts } from './question-parts.ts';
import { encodeTexts, requireTexts } from './text-activations.ts';

/** Which features fire on a text. */
export interface ActivateTextQuestion {
  sae: string;
  text: string;
  statistic: RankStatistic;
  limit: number;
  /** Only these features; empty: all. */
  features: readonly number[];
}

export interface TextActivations {
  index: IndexInfo;
  tokenIds: Int32Array;
  tokenTexts: string[];
  special: Uint8Array;
  /** Features that fired in all. */
  fired: number;
  activations: { feature: FeatureRecord; value: number; values: Float32Array }[];
}

/**
 * Finds the features that fire on a text: all features are encoded and ranked by the statistic, then by index. Features that
 * were named are given also when they did not fire, with the value 0.
 */
export async function activateText(
  { index, indexOf, saes, inference, vectorsOf }: QuestionParts,
  question: ActivateTextQuestion,
  signal?: AbortSignal,
): Promise<TextActivations> {
  requireTexts([question.text], { field: 'text', max: 1 });
  const info = await indexOf(question.sae);
  const [vectors, encoded] = await Promise.all([
    vectorsOf(info),
    saes.use(question.sae, async (sae) => {
      requireSameSae(info, sae.identity);
      for await (const part of encodeTexts(sae, [question.text], { inference, signal })) return part;
      throw new Error('a text gave no activations');
    }),
  ]);
  const { texts, sparse } = encoded;
  const options = { statistic: question.statistic, density: vectors.density, indexedTokens: info.tokens };
  const { ranked } = rankOnText(sparse, texts.special, options);
  const chosen = choose(ranked, question, info);
  requireRoom(chosen.length, texts.tokenIds.length);
  const records = await index.features(
    info,
    chosen.map(({ feature }) => feature),
  );
  return {
    index: info,
    tokenIds: texts.tokenIds,
    tokenTexts: texts.tokenTexts,
    special: texts.special,
    fired: ranked.length,
    activations: chosen.map(({ feature, value }, i) => ({
      feature: records[i]!,
      value,
      values: valuesOf(sparse, feature),
    })),
  };
}

type Ranked = { feature: number; value: number }[];

function choose(
  ranked: Ranked,
  { features, limit }: ActivateTextQuestion,
  { sae, d_sae }: IndexInfo,
): Ranked {
  if (features.length === 0) return ranked.slice(0, limit);
  const unknown = features.find((feature) => feature >= d_sae);
  if (unknown !== undefined) {
    const message = `saes/${sae} has no feature ${unknown}; d_sae is ${d_sae}`;
    throw new FacetError('not-found', message, { field: 'features', reason: 'FEATURE_NOT_FOUND' });
  }
  const wanted = new Set(features);
  const fired = ranked.filter(({ feature }) => wanted.has(feature));
  for (const { feature } of fired) wanted.delete(feature);
  const silent = [...wanted].sort((a, b) => a - b).map((feature) => ({ feature, value: 0 }));
  return [...fired, ...silent].slice(0, limit);
}

/** Refuses an SAE that took the name after its index was found. */
export function requireSameSae(info: IndexInfo, { sae, sha256 }: SaeIdentity): void {
  if (saeSha256Of(info) === sha256) return;
  const message = `saes/${sae} was replaced while the question was answered; index it again (facet index)`;
  throw new FacetError('precondition', message, { reason: 'LINEAGE_MISMATCH' });
}

function requireRoom(features: number, tokens: number): void {
  if (features * tokens * 4 <= MAX_REPLY_VALUE_BYTES) return;
  const fit = Math.floor(MAX_REPLY_VALUE_BYTES / 4 / tokens);
  const message = `${features} features on ${tokens} tokens exceed a reply; ask for at most ${fit} (page_size)`;
  throw new FacetError('exhausted', message, { field: 'page_size' });
}

/** Activations of one feature on all rows, special tokens too. */
function valuesOf({ rows, offsets, indices, values }: SparseRows, feature: number): Float32Array {
  const dense = new Float32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    for (let at = offsets[row]; at < offsets[row + 1]; at += 1)
      if (indices[at] === feature) dense[row] = values[at];
  }
  return dense;
}
