import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { type FeatureIndex, type IndexInfo, openFeatureIndex } from '@facet/feature-index';
import {
  type ClickhouseProcess,
  createRandom,
  startClickhouseProcess,
  syntheticRows,
} from '@facet/feature-index/testing';
import { type ObjectStore, type Orphan, openFileStore } from '@facet/objects';
import { createIndexTurns, type IndexTurns } from '../runs/index-turns.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { createRunStore, type RunStore } from '../runs/run-store.ts';
import { findIndexOrphans } from './index-orphans.ts';

const HOUR_MS = 3_600_000;
const D_SAE = 16;

describe('findIndexOrphans', () => {
  let clickhouse: ClickhouseProcess;
  let client: ClickHouseClient;
  let directory: string;
  let store: ObjectStore;
  let runs: RunStore;
  let turns: IndexTurns;
  let index: FeatureIndex;

  beforeAll(async () => {
    clickhouse = await startClickhouseProcess();
    client = createClient({ url: clickhouse.url });
    index = openFeatureIndex({ client, address: clickhouse.url });
    await index.ensureSchema();
    directory = await mkdtemp(join(tmpdir(), 'facet-orphans-'));
    store = openFileStore({ directory });
    runs = createRunStore(store);
    turns = createIndexTurns(store, runs);
  }, 120_000);
  afterAll(async () => {
    await client?.close();
    await clickhouse?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function found(olderThanMs: number): Promise<Orphan[]> {
    const orphans: Orphan[] = [];
    for await (const orphan of findIndexOrphans({ index, turns })(olderThanMs)) orphans.push(orphan);
    return orphans;
  }

  async function create(sae: string): Promise<RunRecord> {
    const lineage = { modelId: 'm', modelSha256: '', tokenizerSha256: '' };
    const common = { formatVersion: 1 as const, requestId: '', createTime: '', maxTokens: 0, lineage };
    const record = { ...common, id: `r-${randomUUID()}`, uid: randomUUID(), sae, activationSet: 's' };
    await runs.create(record);
    return record;
  }

  /** Writes events and features, as a worker does before it is killed or publishes. */
  async function write(sae: string, begin: (generation: number) => Promise<void>): Promise<IndexInfo> {
    const writer = await index.begin({ sae, now: Date.now() });
    await begin(writer.generation);
    const { sparse, corpus } = syntheticRows(createRandom(1), { rows: 50, d_sae: D_SAE, k: 4 });
    await writer.writeEvents(sparse, corpus);
    const statistics = (feature: number) => ({
      feature,
      firingCount: 0,
      density: 0,
      maxActivation: 0,
      meanActivation: 0,
      sumActivation: 0,
      histogram: { edges: [], counts: [] },
    });
    const summary = { run: 'r', d_sae: D_SAE, tokens: 50, excludedRows: 0, liveFeatures: 0, lineage: {} };
    return writer.finish(summary, {
      feature: (feature) => ({ statistics: statistics(feature), top: [], bottom: [], examples: [] }),
      textOf: () => '',
    });
  }

  const generations = (orphans: Orphan[]) => orphans.map(({ place }) => place);

  test('finds what a killed worker wrote once another has its turn; the living and the published stay', async () => {
    const record = await create('a');
    const first = await turns.take(record);
    const killed = await write('a', first.begin);
    expect(await found(0)).toEqual([]);
    const second = await turns.take(record);
    const finished = await write('a', second.begin);
    expect(generations(await found(HOUR_MS))).toEqual([
      `the index of saes/a, generation ${killed.generation}`,
    ]);
    await runs.decide(record.id, { uid: record.uid, state: 'SUCCEEDED', time: '', index: finished });
    await index.publish(finished);
    await runs.markSettled(record.id);
    expect(await found(0)).toEqual([]);
    expect(await index.published('a')).toEqual([finished.generation]);
  }, 60_000);

  test('finds and removes the rows of a run that was cancelled, and only those', async () => {
    const before = (await index.partitions()).length;
    const record = await create('a');
    const turn = await turns.take(record);
    const cancelled = await write('a', turn.begin);
    expect(await found(0)).toEqual([]);
    await runs.decide(record.id, { uid: record.uid, state: 'CANCELLED', time: '' });
    await runs.markSettled(record.id);
    const [orphan, ...others] = await found(HOUR_MS);
    expect(others).toEqual([]);
    expect(orphan).toMatchObject({
      what: 'rows of unfinished indexes',
      place: `the index of saes/a, generation ${cancelled.generation}`,
      count: cancelled.events + D_SAE,
    });
    expect(orphan!.bytes).toBeGreaterThan(0);
    await orphan!.remove();
    expect(await found(0)).toEqual([]);
    expect(await index.partitions()).toHaveLength(before);
  }, 60_000);

  test('leaves young rows of an SAE alone of which no turn is known', async () => {
    await write('stranger', async () => {});
    expect(await found(HOUR_MS)).toEqual([]);
    const [orphan] = await found(0);
    expect(orphan?.place).toContain('saes/stranger');
    await orphan!.remove();
    expect(await found(0)).toEqual([]);
  }, 60_000);
});
