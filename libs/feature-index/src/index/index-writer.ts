import { FacetError } from '@facet/errors';
import type { ClickhouseSession } from '../clickhouse/clickhouse-session.ts';
import { createEventBatch, type EventBatch, streamOf } from '../clickhouse/event-batch.ts';
import type { Example } from '../statistics/example-collector.ts';
import type { FeatureStatistics, SparseRows } from '../statistics/feature-statistics.ts';
import type { CorpusRows } from '../statistics/segments.ts';
import {
  type FeatureRow,
  type IndexInfo,
  QUANTILE_LEVELS,
  toFeatureRow,
  type VocabularyEffect,
} from './records.ts';

/** Rows of one INSERT of features and of examples; writing them as JSON takes some tens of milliseconds. */
const FEATURES_PER_INSERT = 1024;
const EXAMPLES_PER_INSERT = 2048;

/** Everything the index keeps of one feature. */
export interface IndexedFeature {
  statistics: FeatureStatistics;
  top: readonly VocabularyEffect[];
  bottom: readonly VocabularyEffect[];
  examples: readonly Example[];
}

/** Writes one new index of an SAE. Nothing of it is seen before it is published; what is left unfinished goes with the next index. */
export interface IndexWriter {
  readonly generation: number;
  readonly events: number;
  /** Writes the events of rows; rows whose special byte is not 0 are left out. Resolves when memory can be reused. */
  writeEvents(rows: SparseRows, corpus: CorpusRows): Promise<void>;
  /**
   * Writes statistics and examples of all features and checks that every event arrived once. The index is whole then, but
   * not seen before it is published. `textOf` gives the text of a token id.
   */
  finish(
    summary: Omit<IndexInfo, 'generation' | 'sae' | 'events'>,
    features: FeatureSource,
  ): Promise<IndexInfo>;
}

export interface FeatureSource {
  feature(index: number): IndexedFeature;
  textOf(tokenId: number): string;
}

export interface IndexWriterOptions {
  session: ClickhouseSession;
  database: string;
  sae: string;
  generation: number;
  signal?: AbortSignal | undefined;
}

/** Creates a writer; the caller checks the SAE's id and chooses a generation above all others. */
export function createIndexWriter(options: IndexWriterOptions): IndexWriter {
  const { session, database, sae, generation, signal } = options;
  const call = signal === undefined ? {} : { signal };
  let batch = createEventBatch();
  let sent = createEventBatch();
  let sending: Promise<void> = Promise.resolve();
  let events = 0;
  let inserts = 0;

  const tokenOf = (kind: string) => {
    inserts += 1;
    return `${sae}/${generation}/${kind}/${inserts}`;
  };

  /** Sends the full batch while the other one is being filled. */
  async function flush(): Promise<void> {
    await sending;
    [batch, sent] = [sent, batch];
    batch.clear();
    events += sent.length;
    sending = send(sent);
    sending.catch(() => {});
  }

  async function send(full: EventBatch): Promise<void> {
    if (full.length === 0) return;
    const parts = full.encode(sae, generation);
    const query = `INSERT INTO ${database}.events FORMAT Native`;
    await session.insertBody(query, () => streamOf(parts), tokenOf('events'), call);
  }

  async function insertAll(table: string, rows: readonly object[]): Promise<void> {
    if (rows.length > 0) await session.insertRows(`${database}.${table}`, rows, tokenOf(table), call);
  }

  async function writeFeatures(d_sae: number, source: FeatureSource): Promise<void> {
    const quantiles = await readQuantiles(options);
    for (let start = 0; start < d_sae; start += FEATURES_PER_INSERT) {
      const rows = range(start, Math.min(start + FEATURES_PER_INSERT, d_sae)).map((index): FeatureRow => {
        const { statistics, top, bottom } = source.feature(index);
        return toFeatureRow(statistics, quantiles.get(index) ?? [], { top, bottom });
      });
      await insertAll(
        'features',
        rows.map((row) => ({ sae, generation, ...row })),
      );
    }
  }

  async function writeExamples(d_sae: number, source: FeatureSource): Promise<void> {
    let rows: object[] = [];
    for (let index = 0; index < d_sae; index += 1) {
      const { examples } = source.feature(index);
      for (const [rank, example] of examples.entries()) {
        rows.push({ sae, generation, feature: index, rank, ...toExampleRow(example, source.textOf) });
      }
      if (rows.length < EXAMPLES_PER_INSERT && index + 1 < d_sae) continue;
      await insertAll('examples', rows);
      rows = [];
    }
  }

  return {
    generation,
    get events() {
      return events + batch.length;
    },
    async writeEvents(rows, corpus) {
      for (let row = 0; row < rows.rows; row += 1) {
        if (corpus.special[row] !== 0) continue;
        for (let at = rows.offsets[row]; at < rows.offsets[row + 1]; at += 1) {
          if (batch.isFull) await flush();
          batch.push({
            feature: rows.indices[at],
            activation: rows.values[at],
            row: corpus.firstRow + row,
            document: corpus.documents[row],
            position: corpus.positions[row],
            tokenId: corpus.tokenIds[row],
          });
        }
      }
    },
    async finish(summary, source) {
      await flush();
      await sending;
      await requireEvents(options, events);
      await writeFeatures(summary.d_sae, source);
      await writeExamples(summary.d_sae, source);
      return { ...summary, sae, generation, events };
    },
  };
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

function toExampleRow(example: Example, textOf: (tokenId: number) => string): object {
  const { tokenIds, activations, ...rest } = example;
  return {
    ...rest,
    token_ids: Array.from(tokenIds),
    texts: Array.from(tokenIds, textOf),
    activations: Array.from(activations),
  };
}

const OF_GENERATION = 'WHERE sae = {sae:String} AND generation = {generation:UInt64}';

async function readQuantiles({
  session,
  database,
  sae,
  generation,
}: IndexWriterOptions): Promise<Map<number, number[]>> {
  const levels = QUANTILE_LEVELS.join(', ');
  const rows = await session.rows<{ feature: number; quantiles: number[] }>(
    `SELECT feature, quantilesExact(${levels})(activation) AS quantiles FROM ${database}.events ${OF_GENERATION} GROUP BY feature`,
    { params: { sae, generation }, settings: { optimize_aggregation_in_order: 1 } },
  );
  return new Map(rows.map(({ feature, quantiles }) => [feature, quantiles]));
}

async function requireEvents(options: IndexWriterOptions, expected: number): Promise<void> {
  const { session, database, sae, generation } = options;
  const query = `SELECT count() AS n FROM ${database}.events ${OF_GENERATION}`;
  const [row] = await session.rows<{ n: number }>(query, { params: { sae, generation } });
  if (row!.n === expected) return;
  throw new FacetError(
    'data-loss',
    `ClickHouse holds ${row!.n} events of index ${sae}/${generation}, ${expected} were sent`,
  );
}
