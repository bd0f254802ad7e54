import type { FeatureStatistics } from '../statistics/feature-statistics.ts';
import type { Histogram } from '../statistics/histogram.ts';

/** The SAE that a question is about. An index, and every label, answers for the weights that it was made of and for no others. */
export interface IndexedSae {
  /** Its id. */
  sae: string;
  /** Hash of its weights. */
  sha256: string;
  /** Hash of its manifest, by which indexes from before version 3 of the schema name it. */
  manifestSha256: string;
}

/** What identifies one complete index, and what it counts. */
export interface IndexInfo {
  sae: string;
  /** Grows with every indexing of the SAE; the largest complete one is the current one. */
  generation: number;
  run: string;
  d_sae: number;
  /** Tokens that were indexed; densities are over them. */
  tokens: number;
  /** BOS and special rows that were left out. */
  excludedRows: number;
  events: number;
  liveFeatures: number;
  /** Where it comes from, as stored with the artifacts; `saeSha256` is the hash of the weights that it was made of. */
  lineage: Readonly<Record<string, string>>;
}

/** Hash of the weights that an index was made of. */
export function saeSha256Of({ lineage }: Pick<IndexInfo, 'lineage'>): string {
  return lineage.saeSha256 ?? '';
}

/** A token and what a feature's direction adds to its logit. */
export interface VocabularyEffect {
  tokenId: number;
  text: string;
  logit: number;
}

/** Levels of `quantiles`. */
export const QUANTILE_LEVELS = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99] as const;

/** One feature as the index knows it. */
export interface FeatureRecord extends Omit<FeatureStatistics, 'histogram'> {
  histogram: Histogram;
  /** Exact quantiles of its activations at QUANTILE_LEVELS; empty when it never fired. */
  quantiles: number[];
  topEffects: VocabularyEffect[];
  bottomEffects: VocabularyEffect[];
  label: string;
  description: string;
}

/** An example with the text of its tokens. */
export interface ExampleRecord {
  rank: number;
  activation: number;
  document: number;
  row: number;
  position: number;
  peak: number;
  tokens: { tokenId: number; text: string; activation: number }[];
}

/** A row of `features` as JSONEachRow carries it. */
export interface FeatureRow {
  feature: number;
  firing_count: number;
  density: number;
  max_activation: number;
  mean_activation: number;
  sum_activation: number;
  histogram_edges: number[];
  histogram_counts: number[];
  quantiles: number[];
  top_ids: number[];
  top_texts: string[];
  top_logits: number[];
  bottom_ids: number[];
  bottom_texts: string[];
  bottom_logits: number[];
  label?: string;
  description?: string;
}

/** Reads a row of `features`, with its label where it was joined. */
export function toFeatureRecord(row: FeatureRow): FeatureRecord {
  return {
    feature: row.feature,
    firingCount: row.firing_count,
    density: row.density,
    maxActivation: row.max_activation,
    meanActivation: row.mean_activation,
    sumActivation: row.sum_activation,
    histogram: { edges: row.histogram_edges, counts: row.histogram_counts },
    quantiles: row.quantiles,
    topEffects: toEffects(row.top_ids, row.top_texts, row.top_logits),
    bottomEffects: toEffects(row.bottom_ids, row.bottom_texts, row.bottom_logits),
    label: row.label ?? '',
    description: row.description ?? '',
  };
}

function toEffects(ids: number[], texts: string[], logits: number[]): VocabularyEffect[] {
  return ids.map((tokenId, i) => ({ tokenId, text: texts[i]!, logit: logits[i]! }));
}

/** Writes a row of `features`. */
export function toFeatureRow(
  statistics: FeatureStatistics,
  quantiles: number[],
  effects: { top: readonly VocabularyEffect[]; bottom: readonly VocabularyEffect[] },
): FeatureRow {
  return {
    feature: statistics.feature,
    firing_count: statistics.firingCount,
    density: statistics.density,
    max_activation: statistics.maxActivation,
    mean_activation: statistics.meanActivation,
    sum_activation: statistics.sumActivation,
    histogram_edges: statistics.histogram.edges,
    histogram_counts: statistics.histogram.counts,
    quantiles,
    top_ids: effects.top.map(({ tokenId }) => tokenId),
    top_texts: effects.top.map(({ text }) => text),
    top_logits: effects.top.map(({ logit }) => logit),
    bottom_ids: effects.bottom.map(({ tokenId }) => tokenId),
    bottom_texts: effects.bottom.map(({ text }) => text),
    bottom_logits: effects.bottom.map(({ logit }) => logit),
  };
}

/** A row of `examples` as JSONEachRow carries it. */
export interface ExampleRow {
  feature: number;
  rank: number;
  activation: number;
  document: number;
  row: number;
  position: number;
  peak: number;
  token_ids: number[];
  texts: string[];
  activations: number[];
}

/** Reads a row of `examples`. */
export function toExampleRecord({ token_ids, texts, activations, ...rest }: ExampleRow): ExampleRecord {
  const { rank, activation, document, row, position, peak } = rest;
  const tokens = token_ids.map((tokenId, i) => ({ tokenId, text: texts[i]!, activation: activations[i]! }));
  return { rank, activation, document, row, position, peak, tokens };
}
