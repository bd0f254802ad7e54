import { trainingTablesOf } from '../index/training-metrics.ts';

/** One step of the schema: the statements that lead from the version before to this one; every one can be repeated. */
export interface Migration {
  version: number;
  statements: readonly string[];
}

/** Newest version of the schema that this code knows. */
export const SCHEMA_VERSION = 3;

/** Batches whose `insert_deduplication_token` is remembered, so that a retried one counts once. */
const DEDUPLICATION_WINDOW = 10_000;

/**
 * Returns the migrations for a database. Every table of the index but `labels` is partitioned by (sae, generation): an index is written
 * under a new generation and seen when its row stands in `indexes`; the views named `current_*` show complete indexes only.
 */
export function migrationsOf(database: string): readonly Migration[] {
  return [
    { version: 1, statements: [...tablesOf(database), ...viewsOf(database)] },
    { version: 2, statements: trainingTablesOf(database) },
    { version: 3, statements: boundLabelsOf(database) },
  ];
}

/** The statements that must stand before any migration can be recorded. */
export function foundationOf(database: string): readonly string[] {
  return [
    `CREATE DATABASE IF NOT EXISTS ${database}`,
    `CREATE TABLE IF NOT EXISTS ${database}.schema_versions (version UInt32, applied DateTime DEFAULT now())
     ENGINE = MergeTree ORDER BY version`,
  ];
}

const INDEX_KEY = 'sae LowCardinality(String), generation UInt64';

function tablesOf(database: string): string[] {
  const partitioned = (
    orderBy: string,
  ) => `ENGINE = MergeTree PARTITION BY (sae, generation) ORDER BY (${orderBy})
     SETTINGS non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`;
  return [
    `CREATE TABLE IF NOT EXISTS ${database}.events (${INDEX_KEY}, feature UInt32, activation Float32,
       row UInt64 COMMENT 'row of the activation set', document UInt32, position UInt32 COMMENT 'in its context', token_id UInt32)
     ${partitioned('sae, feature, activation')}`,
    `CREATE TABLE IF NOT EXISTS ${database}.features (${INDEX_KEY}, feature UInt32, firing_count UInt64,
       density Float64 COMMENT 'firing_count / indexed tokens', max_activation Float32, mean_activation Float64,
       sum_activation Float64, histogram_edges Array(Float32), histogram_counts Array(UInt64),
       quantiles Array(Float32) COMMENT 'exact, at 0.1 0.25 0.5 0.75 0.9 0.99',
       top_ids Array(UInt32), top_texts Array(String), top_logits Array(Float32),
       bottom_ids Array(UInt32), bottom_texts Array(String), bottom_logits Array(Float32))
     ${partitioned('sae, feature')}`,
    `CREATE TABLE IF NOT EXISTS ${database}.examples (${INDEX_KEY}, feature UInt32, rank UInt8, activation Float32,
       document UInt32, row UInt64, position UInt32, peak UInt16,
       token_ids Array(UInt32), texts Array(String), activations Array(Float32))
     ${partitioned('sae, feature, rank')}`,
    `CREATE TABLE IF NOT EXISTS ${database}.labels (sae LowCardinality(String), feature UInt32, label String,
       description String, version UInt64) ENGINE = ReplacingMergeTree(version) ORDER BY (sae, feature)`,
    `CREATE TABLE IF NOT EXISTS ${database}.indexes (${INDEX_KEY}, run String, d_sae UInt32, tokens UInt64,
       excluded_rows UInt64, events UInt64, live_features UInt32, lineage String COMMENT 'JSON', completed DateTime64(3) DEFAULT now64(3))
     ENGINE = ReplacingMergeTree ORDER BY (sae, generation)`,
  ];
}

function viewsOf(database: string): string[] {
  const complete = `(sae, generation) IN (SELECT sae, max(generation) FROM ${database}.indexes GROUP BY sae)`;
  return ['events', 'features', 'examples'].map(
    (table) =>
      `CREATE OR REPLACE VIEW ${database}.current_${table} AS SELECT * FROM ${database}.${table} WHERE ${complete}`,
  );
}

/**
 * Labels name the SAE that they were written for by the hash of its weights. Those from before name none and go: the object store
 * holds them, and whoever keeps them there writes them again for the SAE that they belong to.
 */
function boundLabelsOf(database: string): string[] {
  const ofCurrent = `(sae, sae_sha256) IN (
    SELECT sae, JSONExtractString(argMax(lineage, generation), 'saeSha256') FROM ${database}.indexes GROUP BY sae)`;
  return [
    `ALTER TABLE ${database}.labels
       ADD COLUMN IF NOT EXISTS sae_sha256 String COMMENT 'hash of the weights of the SAE',
       MODIFY ORDER BY (sae, feature, sae_sha256)`,
    `DELETE FROM ${database}.labels WHERE sae_sha256 = ''`,
    `CREATE OR REPLACE VIEW ${database}.current_labels AS
       SELECT sae, feature, argMax(label, version) AS label, argMax(description, version) AS description
       FROM ${database}.labels WHERE ${ofCurrent} GROUP BY sae, feature`,
  ];
}
