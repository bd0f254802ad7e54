import type {
  Feature,
  FeatureContrast,
  FeatureExample,
  FeatureMatch as MatchMessage,
  TextActivation,
} from '@facet/contracts';
import {
  type ExampleRecord,
  type FeatureMatch,
  type FeatureRecord,
  type IndexInfo,
  saeSha256Of,
} from '@facet/feature-index';
import { floatTensor, formatFeatureName } from '@facet/mesh';
import type { TextActivations } from './activate-text.ts';
import type { FoundFeatures } from './find-features.ts';

/** Writes a feature of an index as a message. */
export function toFeature(index: IndexInfo, record: FeatureRecord): Feature {
  const { sae, tokens } = index;
  return {
    name: formatFeatureName({ saeId: sae, index: record.feature }),
    index: record.feature,
    density: record.density,
    firingCount: BigInt(record.firingCount),
    indexedTokens: BigInt(tokens),
    maxActivation: record.maxActivation,
    meanActivation: record.meanActivation,
    histogram: { edges: record.histogram.edges, counts: record.histogram.counts.map(BigInt) },
    topEffects: record.topEffects,
    bottomEffects: record.bottomEffects,
    label: record.label,
    description: record.description,
    saeSha256: saeSha256Of(index),
  };
}

/** Writes an example as a message. */
export function toExample({
  activation,
  document,
  row,
  position,
  tokens,
  peak,
}: ExampleRecord): FeatureExample {
  return { activation, document, row: BigInt(row), position, tokens, peak };
}

/** Writes a match of a search as a message. */
export function toMatch(index: IndexInfo, { feature, score, fields }: FeatureMatch): MatchMessage {
  return { feature: toFeature(index, feature), score, fields };
}

/** Writes a feature's activations on a text as a message. */
export function toTextActivation(
  index: IndexInfo,
  activation: TextActivations['activations'][number],
): TextActivation {
  const { feature, value, values } = activation;
  return { feature: toFeature(index, feature), value, values: floatTensor(values, [values.length]) };
}

/** Writes a contrast as a message. */
export function toContrast(
  index: IndexInfo,
  { feature, ...contrast }: FoundFeatures['contrasts'][number],
  counts: { positiveCount: number; negativeCount: number },
): FeatureContrast {
  return { feature: toFeature(index, feature), ...contrast, ...counts };
}
