import {
  type FeatureServiceImplementation,
  FeatureOrder as OrderMessage,
  RankStatistic as StatisticMessage,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { cursorBehind, type FeatureOrder, type RankStatistic, saeSha256Of } from '@facet/feature-index';
import {
  decodePageToken,
  encodePageToken,
  flagTensor,
  idTensor,
  pageSize,
  parseFeatureName,
  parseName,
  requireWithin,
  type ServedCallContext,
} from '@facet/mesh';
import { z } from 'zod';
import type { LabelStore } from './labels/label-store.ts';
import { labelChange } from './labels/update-mask.ts';
import { ACTIVATION_PAGES, CONTRAST_PAGES, EXAMPLE_PAGES, FEATURE_PAGES, SEARCH_PAGES } from './limits.ts';
import { activateText } from './questions/activate-text.ts';
import { toContrast, toExample, toFeature, toMatch, toTextActivation } from './questions/feature-messages.ts';
import { findFeatures } from './questions/find-features.ts';
import type { QuestionParts } from './questions/question-parts.ts';
import { searchWords } from './questions/search-words.ts';

export interface FeatureHandlerParts extends QuestionParts {
  labels: LabelStore;
}

const ORDERS: Partial<Record<OrderMessage, FeatureOrder>> = {
  [OrderMessage.UNSPECIFIED]: 'index',
  [OrderMessage.INDEX]: 'index',
  [OrderMessage.DENSITY]: 'density',
  [OrderMessage.MAX_ACTIVATION]: 'max-activation',
};

const STATISTICS: Partial<Record<StatisticMessage, RankStatistic>> = {
  [StatisticMessage.UNSPECIFIED]: 'max',
  [StatisticMessage.MAX]: 'max',
  [StatisticMessage.MEAN]: 'mean',
  [StatisticMessage.SUM]: 'sum',
  [StatisticMessage.DENSITY_WEIGHTED]: 'density-weighted',
};

const featureCursor = z.object({ generation: z.number(), feature: z.number(), value: z.number() });
const exampleCursor = z.object({ generation: z.number(), rank: z.number() });

/** Answers facet.feature.v1.FeatureService. */
export function createFeatureHandlers(
  parts: FeatureHandlerParts,
): FeatureServiceImplementation<ServedCallContext> {
  const { index, indexOf, labels } = parts;

  async function describe(name: string) {
    const { saeId, index: feature } = parseFeatureName(name);
    const info = await indexOf(saeId);
    const [record] = await index.features(info, [feature]);
    return toFeature(info, record!);
  }

  return {
    getFeature: async ({ name }) => ({ feature: await describe(name) }),

    async listFeatures({ parent, order: orderMessage, minDensity, maxDensity, ...page }) {
      const order = known(ORDERS[orderMessage], 'order');
      requireWithin(minDensity, SHARES, 'min_density');
      if (maxDensity !== undefined) requireWithin(maxDensity, SHARES, 'max_density');
      const limit = pageSize(page.pageSize, FEATURE_PAGES);
      const query = `${parent}/${order}/${minDensity}/${maxDensity}`;
      const after = decodePageToken(page.pageToken, featureCursor, query);
      const info = await indexOf(parseName(parent, 'saes', 'parent'));
      requireSameGeneration(info.generation, after?.generation);
      const records = await index.listFeatures(info, {
        order,
        limit: limit + 1,
        after,
        minDensity,
        maxDensity,
      });
      const shown = records.slice(0, limit);
      const cursor = () => ({ generation: info.generation, ...cursorBehind(shown.at(-1)!, order) });
      return {
        features: shown.map((record) => toFeature(info, record)),
        nextPageToken: records.length > limit ? encodePageToken(cursor(), query) : '',
      };
    },

    async searchFeatures({ parent, query, ...page }) {
      const info = await indexOf(parseName(parent, 'saes', 'parent'));
      const matches = await index.search(info, searchWords(query), pageSize(page.pageSize, SEARCH_PAGES));
      return { matches: matches.map((match) => toMatch(info, match)) };
    },

    async findFeatures({ parent, positiveTexts, negativeTexts, maxDensity = 1, ...page }, { signal }) {
      const limit = pageSize(page.pageSize, CONTRAST_PAGES);
      requireWithin(maxDensity, SHARES, 'max_density');
      const sae = parseName(parent, 'saes', 'parent');
      const found = await findFeatures(
        parts,
        { sae, positiveTexts, negativeTexts, limit, maxDensity },
        signal,
      );
      const counts = { positiveCount: positiveTexts.length, negativeCount: negativeTexts.length };
      return { contrasts: found.contrasts.map((contrast) => toContrast(found.index, contrast, counts)) };
    },

    async activateText({ parent, text, rankBy, features, ...page }, { signal }) {
      const statistic = known(STATISTICS[rankBy], 'rank_by');
      const limit = pageSize(page.pageSize, ACTIVATION_PAGES);
      const sae = parseName(parent, 'saes', 'parent');
      const answer = await activateText(
        parts,
        { sae, text, statistic, limit, features: checkedFeatures(features) },
        signal,
      );
      return {
        tokenIds: idTensor(answer.tokenIds),
        tokenTexts: answer.tokenTexts,
        special: flagTensor(answer.special),
        activations: answer.activations.map((activation) => toTextActivation(answer.index, activation)),
        fired: answer.fired,
      };
    },

    async listExamples({ parent, ...page }) {
      const { saeId, index: feature } = parseFeatureName(parent, 'parent');
      const limit = pageSize(page.pageSize, EXAMPLE_PAGES);
      const after = decodePageToken(page.pageToken, exampleCursor, parent);
      const info = await indexOf(saeId);
      requireSameGeneration(info.generation, after?.generation);
      await index.features(info, [feature]);
      const examples = await index.listExamples(info, {
        feature,
        afterRank: after?.rank ?? -1,
        limit: limit + 1,
      });
      const shown = examples.slice(0, limit);
      const cursor = () => ({ generation: info.generation, rank: shown.at(-1)!.rank });
      return {
        examples: shown.map(toExample),
        nextPageToken: examples.length > limit ? encodePageToken(cursor(), parent) : '',
      };
    },

    async updateFeature({ feature, updateMask }) {
      const { saeId, index: latent } = parseFeatureName(feature?.name ?? '', 'feature.name');
      const change = labelChange(feature!, updateMask ?? []);
      const info = await indexOf(saeId);
      await index.features(info, [latent]);
      await labels.update({ sae: saeId, sha256: saeSha256Of(info) }, latent, change);
      const [record] = await index.features(info, [latent]);
      return { feature: toFeature(info, record!) };
    },
  };
}

/** What a density can be. */
const SHARES = { min: 0, max: 1 };

function known<T>(value: T | undefined, field: string): T {
  if (value !== undefined) return value;
  throw new FacetError('invalid', `${field} is not one that this service knows`, { field });
}

/** Most features that one request can name. */
const MAX_NAMED_FEATURES = 1000;

function checkedFeatures(features: readonly number[]): readonly number[] {
  if (features.length <= MAX_NAMED_FEATURES) return [...new Set(features)];
  const message = `features has ${features.length} entries; at most ${MAX_NAMED_FEATURES} are allowed`;
  throw new FacetError('invalid', message, { field: 'features' });
}

function requireSameGeneration(current: number, ofToken: number | undefined): void {
  if (ofToken === undefined || ofToken === current) return;
  throw new FacetError(
    'aborted',
    'the index was replaced between two pages; start again with an empty page_token',
    {
      field: 'page_token',
      reason: 'INDEX_REPLACED',
    },
  );
}
