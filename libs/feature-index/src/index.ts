export {
  type ClickhouseSessionOptions,
  createClickhouseSession,
  DEFAULT_RETRY_FOR_MS,
} from './clickhouse-session.ts';
export { auroc, type Contrast, contrastFeatures, rankContrasts, type TextMaxima } from './contrast.ts';
export { EVENTS_PER_INSERT } from './event-batch.ts';
export {
  type CorpusRows,
  createExampleCollector,
  EXAMPLES_PER_FEATURE,
  type Example,
  type ExampleCollector,
  TOKENS_BEFORE,
  TOKENS_BEHIND,
} from './example-collector.ts';
export {
  cursorBehind,
  type FeatureCursor,
  type FeatureIndex,
  type FeatureIndexOptions,
  type FeatureOrder,
  type IndexVectors,
  type ListFeaturesQuery,
  openFeatureIndex,
} from './feature-index.ts';
export {
  createStatistics,
  type FeatureStatistics,
  type SparseRows,
  type StatisticsAccumulator,
} from './feature-statistics.ts';
export { HISTOGRAM_BINS, HISTOGRAM_EDGES, type Histogram } from './histogram.ts';
export type { FeatureSource, IndexedFeature, IndexWriter } from './index-writer.ts';
export type { Label } from './labels.ts';
export type { IndexPartition } from './partitions.ts';
export {
  type ExampleRecord,
  type FeatureRecord,
  type IndexedSae,
  type IndexInfo,
  QUANTILE_LEVELS,
  saeSha256Of,
  type VocabularyEffect,
} from './records.ts';
export type { FeatureMatch, MatchedField } from './search.ts';
export { type RankedFeature, type RankStatistic, rankOnText, type TextRanking } from './text-ranking.ts';
export type { HeldOutPoint, RecordedRun, TrainingPoint, TrainingPoints } from './training-metrics.ts';
