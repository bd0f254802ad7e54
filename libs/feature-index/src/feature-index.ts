import { ClickHouseError } from '@clickhouse/client';
import { FacetError } from '@facet/errors';
import { type ClickhouseSessionOptions, createClickhouseSession } from './clickhouse-session.ts';
import { dropOlderGenerations, publishGeneration } from './generations.ts';
import { createIndexWriter, type IndexWriter } from './index-writer.ts';
import { createLabels, LABELS_JOIN, type Label } from './labels.ts';
import {
  type ExampleRecord,
  type ExampleRow,
  type FeatureRecord,
  type FeatureRow,
  type IndexInfo,
  toExampleRecord,
  toFeatureRecord,
} from './records.ts';
import { foundationOf, migrationsOf, SCHEMA_VERSION } from './schema.ts';
import { type FeatureMatch, searchFeatures } from './search.ts';
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

/** The feature indexes in one ClickHouse database. Questions are asked of a complete index, named by its IndexInfo. */
export interface FeatureIndex {
  /** Creates or upgrades the tables; can be repeated, also by several processes at once. */
  ensureSchema(signal?: AbortSignal): Promise<void>;
  /** Returns the current index of an SAE. Throws `precondition` when it has none. */
  current(sae: string): Promise<IndexInfo>;
  /** Starts a new index; `now` (milliseconds) makes its generation the newest. */
  begin(options: { sae: string; now: number; signal?: AbortSignal }): Promise<IndexWriter>;
  /** Makes a finished index the current one in one step and drops older ones; can be repeated. */
  publish(info: IndexInfo): Promise<void>;
  /** Removes all indexes of an SAE; its labels stay. */
  drop(sae: string): Promise<void>;
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
  putTrainingPoints(points: TrainingPoints): Promise<void>;
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
  const ofIndex = ({ sae, generation }: IndexInfo) => ({ sae, generation });
  const selectFeatures = `SELECT f.*, l.label AS label, l.description AS description
    FROM ${database}.features AS f ${LABELS_JOIN(database)} WHERE ${OF_INDEX}`;

  async function currentRow(sae: string): Promise<IndexRow | undefined> {
    const query = `SELECT * FROM ${database}.indexes WHERE sae = {sae:String} ORDER BY generation DESC LIMIT 1`;
    const rows = await session.rows<IndexRow>(query, { params: { sae } }).catch((error) => {
      if (isMissingSchema(error)) return [];
      throw error;
    });
    return rows[0];
  }

  return {
    async ensureSchema(signal) {
      const call = signal === undefined ? {} : { signal };
      for (const statement of foundationOf(database)) await session.command(statement, call);
      const [found] = await session.rows<{ version: number }>(
        `SELECT max(version) AS version FROM ${database}.schema_versions`,
        call,
      );
      requireKnownVersion(database, found!.version);
      for (const { version, statements } of migrationsOf(database)) {
        if (version <= found!.version) continue;
        for (const statement of statements) await session.command(statement, call);
        await session.insertRows(`${database}.schema_versions`, [{ version }], `schema/${version}`, call);
      }
    },
    async current(sae) {
      const row = await currentRow(sae);
      if (row !== undefined) return toIndexInfo(row);
      throw new FacetError(
        'precondition',
        `saes/${sae} is not indexed; create an indexing run for it first`,
        {
          reason: 'SAE_NOT_INDEXED',
        },
      );
    },
    async begin({ sae, now, signal }) {
      const row = await currentRow(sae);
      const generation = Math.max(Math.round(now * 1000), (row?.generation ?? 0) + 1);
      return createIndexWriter({ session, database, sae, generation, signal });
    },
    publish: (info) => publishGeneration(session, database, info),
    drop: (sae) => dropOlderGenerations(session, { database, sae, current: Number.MAX_SAFE_INTEGER }),
    async features(index, features) {
      const rows = await session.rows<FeatureRow>(
        `${selectFeatures} AND f.feature IN {features:Array(UInt32)}`,
        {
          params: { ...ofIndex(index), features },
        },
      );
      const byFeature = new Map(rows.map((row) => [row.feature, toFeatureRecord(row)]));
      return features.map((feature) => byFeature.get(feature) ?? failMissing(index, feature));
    },
    async listFeatures(index, query) {
      const { condition, orderBy, params } = pageOf(query);
      const rows = await session.rows<FeatureRow>(
        `${selectFeatures} AND f.density BETWEEN {min:Float64} AND {max:Float64} ${condition} ORDER BY ${orderBy} LIMIT {limit:UInt32}`,
        { params: { ...ofIndex(index), ...params } },
      );
      return rows.map(toFeatureRecord);
    },
    async listExamples(index, { feature, afterRank, limit }) {
      const rows = await session.rows<ExampleRow>(
        `SELECT f.* FROM ${database}.examples AS f WHERE ${OF_INDEX} AND f.feature = {feature:UInt32}
         AND f.rank > {afterRank:Int32} ORDER BY f.rank LIMIT {limit:UInt32}`,
        { params: { ...ofIndex(index), feature, afterRank, limit } },
      );
      return rows.map(toExampleRecord);
    },
    async vectors(index) {
      const rows = await session.rows<{ feature: number; density: number; max: number }>(
        `SELECT f.feature AS feature, f.density AS density, f.max_activation AS max FROM ${database}.features AS f
         WHERE ${OF_INDEX} AND f.firing_count > 0`,
        { params: ofIndex(index) },
      );
      return toVectors(rows, index.d_sae);
    },
    search: (index, words, limit) =>
      searchFeatures({ session, database, index, words, limit, selectFeatures }),
    putLabels: createLabels(session, database),
    putTrainingPoints: (points) => putTrainingPoints(session, database, points),
  };
}

/** UNKNOWN_TABLE and UNKNOWN_DATABASE: nothing was ever indexed here. */
function isMissingSchema(error: unknown): boolean {
  return error instanceof ClickHouseError && (error.code === '60' || error.code === '81');
}

interface IndexRow {
  sae: string;
  generation: number;
  run: string;
  d_sae: number;
  tokens: number;
  excluded_rows: number;
  events: number;
  live_features: number;
  lineage: string;
}

function toIndexInfo(row: IndexRow): IndexInfo {
  return {
    sae: row.sae,
    generation: row.generation,
    run: row.run,
    d_sae: row.d_sae,
    tokens: row.tokens,
    excludedRows: row.excluded_rows,
    events: row.events,
    liveFeatures: row.live_features,
    lineage: JSON.parse(row.lineage),
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
