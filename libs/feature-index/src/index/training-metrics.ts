import type { IndexTable } from './current-index.ts';

/** Which run a point belongs to, and when it was recorded. */
export interface RecordedRun {
  /** Id of the run. */
  run: string;
  /** Tells it from an earlier run of the same id. */
  uid: string;
  /** Id of the SAE in training. */
  sae: string;
  /** Milliseconds since 1970. */
  recordedMs: number;
}

/** A point of a run's curves; null is what was not measured. */
export interface TrainingPoint {
  step: number;
  tokens: number;
  loss: number | null;
  l0: number | null;
  fvu: number | null;
  gradient_norm: number | null;
  dead_fraction: number;
  learning_rate: number;
}

/** Held-out metrics of a run on its way. */
export interface HeldOutPoint {
  step: number;
  held_out_tokens: number;
  l0: number | null;
  fvu: number | null;
  explained_variance: number | null;
  mean_cosine: number | null;
  mean_norm_ratio: number | null;
}

/** New points of one run. */
export interface TrainingPoints extends RecordedRun {
  points: readonly TrainingPoint[];
  heldOutPoints: readonly HeldOutPoint[];
}

const OF_RUN =
  "run LowCardinality(String) COMMENT 'id of the training run', uid String, sae LowCardinality(String), step UInt64";

/**
 * The statements that make the tables of training metrics. Points that come twice are one: rows of equal (run, uid, sae,
 * step) replace each other, and the views named `current_*` show each once, of the newest run of every id.
 */
export function trainingTablesOf(database: string): string[] {
  const recorded = `recorded DateTime64(3, 'UTC')) ENGINE = ReplacingMergeTree(recorded) ORDER BY (run, uid, sae, step)`;
  const newest = `(run, uid) IN (SELECT run, argMax(uid, recorded) FROM ${database}.training_metrics GROUP BY run)`;
  const tables = ['training_metrics', 'training_held_out_metrics'];
  return [
    `CREATE TABLE IF NOT EXISTS ${database}.training_metrics (${OF_RUN}, tokens UInt64,
       loss Nullable(Float64), l0 Nullable(Float64), fvu Nullable(Float64), gradient_norm Nullable(Float64),
       dead_fraction Float64, learning_rate Float64, ${recorded}`,
    `CREATE TABLE IF NOT EXISTS ${database}.training_held_out_metrics (${OF_RUN}, held_out_tokens UInt64,
       l0 Nullable(Float64), fvu Nullable(Float64), explained_variance Nullable(Float64),
       mean_cosine Nullable(Float64), mean_norm_ratio Nullable(Float64), ${recorded}`,
    ...tables.map(
      (table) =>
        `CREATE OR REPLACE VIEW ${database}.current_${table} AS SELECT * FROM ${database}.${table} FINAL WHERE ${newest}`,
    ),
  ];
}

/** Writes points of a run; the same points can be written again. `signal` ends waiting for ClickHouse. */
export async function putTrainingPoints(
  { session, database }: IndexTable,
  { points, heldOutPoints, recordedMs, ...of }: TrainingPoints,
  signal?: AbortSignal,
): Promise<void> {
  const recorded = new Date(recordedMs).toISOString().replace('T', ' ').slice(0, -1);
  const insert = async (table: string, rows: readonly { step: number }[]) => {
    if (rows.length === 0) return;
    const token = `${of.uid}/${of.sae}/${table}/${rows[0]!.step}-${rows.at(-1)!.step}/${rows.length}`;
    const full = rows.map((row) => ({ ...of, ...row, recorded }));
    await session.insertRows(`${database}.${table}`, full, token, { ...(signal && { signal }) });
  };
  await insert('training_metrics', points);
  await insert('training_held_out_metrics', heldOutPoints);
}
