export {
  type ClickhouseSessionOptions,
  createClickhouseSession,
  DEFAULT_RETRY_FOR_MS,
} from './clickhouse/clickhouse-session.ts';
export { EVENTS_PER_INSERT } from './clickhouse/event-batch.ts';
export type { IndexPartition } from './clickhouse/partitions.ts';
export {
  cursorBehind,
  type FeatureCursor,
  type FeatureIndex,
  type FeatureIndexOptions,
  type FeatureOrder,
  type IndexVectors,
  type ListFeaturesQuery,
  openFeatureIndex,
} from './index/feature-index.ts';
export type { FeatureSource, IndexedFeature, IndexWriter } from './index/index-writer.ts';
export {
  type ExampleRecord,
  type FeatureRecord,
  type IndexedSae,
  type IndexInfo,
  QUANTILE_LEVELS,
  saeSha256Of,
  type VocabularyEffect,
} from './index/records.ts';
export type { HeldOutPoint, RecordedRun, TrainingPoint, TrainingPoints } from './index/training-metrics.ts';
export type { Label } from './search/labels.ts';
export type { FeatureMatch, MatchedField } from './search/search.ts';
export {
  type RankedFeature,
  type RankStatistic,
  rankOnText,
  type TextRanking,
} from './search/text-ranking.ts';
export {
  auroc,
  type Contrast,
  contrastFeatures,
  rankContrasts,
  type TextMaxima,
} from './statistics/contrast.ts';
export {
  createExampleCollector,
  EXAMPLES_PER_FEATURE,
  type Example,
  type ExampleCollector,
  TOKENS_BEFORE,
  TOKENS_BEHIND,
} from './statistics/example-collector.ts';
export {
  createStatistics,
  type FeatureStatistics,
  type SparseRows,
  type StatisticsAccumulator,
} from './statistics/feature-statistics.ts';
export { HISTOGRAM_BINS, HISTOGRAM_EDGES, type Histogram } from './statistics/histogram.ts';
export type { CorpusRows } from './statistics/segments.ts';
