import { FacetError } from '@facet/errors';
import { type ClickhouseSessionOptions, createClickhouseSession } from '../clickhouse/clickhouse-session.ts';
import { dropPartition, type IndexPartition, listPartitions } from '../clickhouse/partitions.ts';
import { foundationOf, migrationsOf, SCHEMA_VERSION } from '../clickhouse/schema.ts';
import { createLabels, indexParams, LABELS_JOIN, type Label } from '../search/labels.ts';
import { type FeatureMatch, searchFeatures } from '../search/search.ts';
import { findCurrent, readIndexes } from './current-index.ts';
import { dropIndexesOf, publishGeneration } from './generations.ts';
import { createIndexWriter, type IndexWriter } from './index-writer.ts';
import {
  type ExampleRecord,
  type ExampleRow,
  type FeatureRecord,
  type FeatureRow,
  type IndexedSae,
  type IndexInfo,
  toExampleRecord,
  toFeatureRecord,
} from './records.ts';
import { putTrainingPoints, type TrainingPoints } from './training-metrics.ts';

/** Order of a list of features; ties by index. */
export type FeatureOrder = 'index' | 'density' | 'max-activation';

/** Where a list goes on: behind the feature with this index and this value of the order. */
export interface FeatureCursor {
  feature: number;
  value: number;
}

export interface ListFeaturesQuery {
  order: FeatureOrder;
  limit: number;
  after?: FeatureCursor | undefined;
  minDensity?: number;
  maxDensity?: number | undefined;
}

/** Vectors over all features of an index. */
export interface IndexVectors {
  /** Firing frequency [d_sae]. */
  density: Float64Array;
  /** Largest activation [d_sae]. */
  maxActivation: Float32Array;
}

/**
 * The feature indexes in one ClickHouse database. Questions are asked of a complete index, named by its IndexInfo, which `current`
 * alone gives, and only for the SAE that it was made of: no question can be answered about another SAE of the same name.
 */
export interface FeatureIndex {
  /** Creates or upgrades the tables; can be repeated, also by several processes at once. */
  ensureSchema(signal?: AbortSignal): Promise<void>;
  /**
   * Returns the current index of exactly this SAE. Throws `precondition`: SAE_NOT_INDEXED where there is none,
   * LINEAGE_MISMATCH where it was made of another SAE that had the name.
   */
  current(of: IndexedSae): Promise<IndexInfo>;
  /** Starts a new index; `now` (milliseconds) makes its generation the newest. */
  begin(options: { sae: string; now: number; signal?: AbortSignal }): Promise<IndexWriter>;
  /** Makes a finished index the current one in one step and drops older ones; can be repeated. */
  publish(info: IndexInfo): Promise<void>;
  /** What is there of every generation, published or not. */
  partitions(signal?: AbortSignal): Promise<IndexPartition[]>;
  /** Generations of an SAE that are complete. */
  published(sae: string, signal?: AbortSignal): Promise<number[]>;
  /** Removes what is there of a generation that is not complete and will not be; can be repeated. */
  discard(partition: Pick<IndexPartition, 'sae' | 'generation'>): Promise<void>;
  /** Removes the indexes and labels of exactly this SAE; can be repeated, also where `signal` has ended it. */
  drop(of: IndexedSae, signal?: AbortSignal): Promise<void>;
  features(index: IndexInfo, features: readonly number[]): Promise<FeatureRecord[]>;
  listFeatures(index: IndexInfo, query: ListFeaturesQuery): Promise<FeatureRecord[]>;
  listExamples(
    index: IndexInfo,
    query: { feature: number; afterRank: number; limit: number },
  ): Promise<ExampleRecord[]>;
  vectors(index: IndexInfo): Promise<IndexVectors>;
  /** Finds features by words; see `searchFeatures`. */
  search(index: IndexInfo, words: readonly string[], limit: number): Promise<FeatureMatch[]>;
  putLabels(labels: readonly Label[]): Promise<void>;
  /** Writes points of a training run's curves; the same points can be written again. */
  putTrainingPoints(points: TrainingPoints, signal?: AbortSignal): Promise<void>;
}

export interface FeatureIndexOptions extends ClickhouseSessionOptions {
  /** Database of the tables. @default facet */
  database?: string;
}

const OF_INDEX = 'f.sae = {sae:String} AND f.generation = {generation:UInt64}';

/** Column and direction of every order; `value` is what a cursor carries, exact in JSON. */
const ORDERS: Record<
  FeatureOrder,
  { column: string; type: string; value: (record: FeatureRecord) => number }
> = {
  index: { column: '', type: 'UInt8', value: () => 0 },
  density: { column: 'f.firing_count', type: 'UInt64', value: ({ firingCount }) => firingCount },
  'max-activation': {
    column: 'f.max_activation',
    type: 'Float32',
    value: ({ maxActivation }) => maxActivation,
  },
};

/** Returns the cursor behind a record of a list. */
export function cursorBehind(record: FeatureRecord, order: FeatureOrder): FeatureCursor {
  return { feature: record.feature, value: ORDERS[order].value(record) };
}

/** Opens the feature indexes behind a ClickHouse client; nothing is sent before the first call. */
export function openFeatureIndex({ database = 'facet', ...options }: FeatureIndexOptions): FeatureIndex {
  if (!/^[a-z_][a-z0-9_]{0,63}$/.test(database)) {
    throw new FacetError('invalid', `database ${JSON.stringify(database)} must match [a-z_][a-z0-9_]{0,63}`);
  }
  const session = createClickhouseSession(options);
  const table = { session, database };
  const selectFeatures = `SELECT f.*, l.label AS label, l.description AS description
    FROM ${database}.features AS f ${LABELS_JOIN(database)} WHERE ${OF_INDEX}`;
  let upToDate = false;

  async function versionOf(call: { signal?: AbortSignal } = {}): Promise<number> {
    const query = `SELECT max(version) AS version FROM ${database}.schema_versions`;
    const [found] = await session.rows<{ version: number }>(query, call);
    return found!.version;
  }

  async function ensureSchema(signal?: AbortSignal): Promise<void> {
    const call = signal === undefined ? {} : { signal };
    for (const statement of foundationOf(database)) await session.command(statement, call);
    const found = await versionOf(call);
    requireKnownVersion(database, found);
    for (const { version, statements } of migrationsOf(database)) {
      if (version <= found) continue;
      for (const statement of statements) await session.command(statement, call);
      await session.insertRows(`${database}.schema_versions`, [{ version }], `schema/${version}`, call);
    }
    upToDate = true;
  }

  /** Tables of an older program are brought forward by the first question, too: a service may only ask. */
  async function requireUpToDate(signal?: AbortSignal): Promise<void> {
    if (upToDate) return;
    if ((await versionOf({ ...(signal && { signal }) })) < SCHEMA_VERSION) await ensureSchema(signal);
    upToDate = true;
  }

  return {
    ensureSchema,
    async current(of) {
      const rows = await readIndexes(table, of.sae);
      if (rows.length > 0) await requireUpToDate();
      return findCurrent(table, of, rows);
    },
    async begin({ sae, now, signal }) {
      const [newest] = await readIndexes(table, sae, signal);
      const generation = Math.max(Math.round(now * 1000), (newest?.generation ?? 0) + 1);
      return createIndexWriter({ session, database, sae, generation, signal });
    },
    partitions: (signal) => listPartitions(table, { signal }),
    published: async (sae, signal) =>
      (await readIndexes(table, sae, signal)).map(({ generation }) => generation),
    discard: (partition) => dropPartition(table, partition),
    publish: (info) => publishGeneration(session, database, info),
    drop: async (of, signal) => {
      if ((await readIndexes(table, of.sae, signal)).length === 0) return;
      await requireUpToDate(signal);
      await dropIndexesOf(table, of, signal);
    },
    async features(index, features) {
      const rows = await session.rows<FeatureRow>(
        `${selectFeatures} AND f.feature IN {features:Array(UInt32)}`,
        {
          params: { ...indexParams(index), features },
        },
      );
      const byFeature = new Map(rows.map((row) => [row.feature, toFeatureRecord(row)]));
      return features.map((feature) => byFeature.get(feature) ?? failMissing(index, feature));
    },
    async listFeatures(index, query) {
      const { condition, orderBy, params } = pageOf(query);
      const rows = await session.rows<FeatureRow>(
        `${selectFeatures} AND f.density BETWEEN {min:Float64} AND {max:Float64} ${condition} ORDER BY ${orderBy} LIMIT {limit:UInt32}`,
        { params: { ...indexParams(index), ...params } },
      );
      return rows.map(toFeatureRecord);
    },
    async listExamples(index, { feature, afterRank, limit }) {
      const rows = await session.rows<ExampleRow>(
        `SELECT f.* FROM ${database}.examples AS f WHERE ${OF_INDEX} AND f.feature = {feature:UInt32}
         AND f.rank > {afterRank:Int32} ORDER BY f.rank LIMIT {limit:UInt32}`,
        { params: { ...indexParams(index), feature, afterRank, limit } },
      );
      return rows.map(toExampleRecord);
    },
    async vectors(index) {
      const rows = await session.rows<{ feature: number; density: number; max: number }>(
        `SELECT f.feature AS feature, f.density AS density, f.max_activation AS max FROM ${database}.features AS f
         WHERE ${OF_INDEX} AND f.firing_count > 0`,
        { params: indexParams(index) },
      );
      return toVectors(rows, index.d_sae);
    },
    search: (index, words, limit) =>
      searchFeatures({ session, database, index, words, limit, selectFeatures }),
    putLabels: createLabels(session, database),
    putTrainingPoints: (points, signal) => putTrainingPoints(table, points, signal),
  };
}

function requireKnownVersion(database: string, version: number): void {
  if (version <= SCHEMA_VERSION) return;
  throw new FacetError(
    'precondition',
    `database ${database} has schema version ${version}, this program knows ${SCHEMA_VERSION}; update it`,
  );
}

function failMissing(index: IndexInfo, feature: number): never {
  if (feature >= index.d_sae) {
    throw new FacetError(
      'not-found',
      `saes/${index.sae} has no feature ${feature}; d_sae is ${index.d_sae}`,
      { reason: 'FEATURE_NOT_FOUND' },
    );
  }
  throw new FacetError('aborted', `the index of saes/${index.sae} was replaced meanwhile; try again`);
}

function pageOf({ order, limit, after, minDensity = 0, maxDensity = 1 }: ListFeaturesQuery) {
  const { column, type } = ORDERS[order];
  const params = {
    limit,
    min: minDensity,
    max: maxDensity,
    feature: after?.feature ?? 0,
    value: after?.value ?? 0,
  };
  const behindFeature = 'f.feature > {feature:UInt32}';
  if (column === '') {
    return { condition: after === undefined ? '' : `AND ${behindFeature}`, orderBy: 'f.feature', params };
  }
  const value = `{value:${type}}`;
  const behind = `AND (${column} < ${value} OR (${column} = ${value} AND ${behindFeature}))`;
  return { condition: after === undefined ? '' : behind, orderBy: `${column} DESC, f.feature`, params };
}

function toVectors(
  rows: readonly { feature: number; density: number; max: number }[],
  d_sae: number,
): IndexVectors {
  const vectors = { density: new Float64Array(d_sae), maxActivation: new Float32Array(d_sae) };
  for (const { feature, density, max } of rows) {
    vectors.density[feature] = density;
    vectors.maxActivation[feature] = max;
  }
  return vectors;
}
