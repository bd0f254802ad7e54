import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@clickhouse/client';
import { openFeatureIndex } from '@facet/feature-index';
import { type ClickhouseProcess, startClickhouseProcess } from '@facet/feature-index/testing';
import { openObjectStore } from '@facet/objects';
import { type Racer, startRacers } from '@facet/objects/testing';
import type { LabelTask } from '../testing/racing-labels.ts';

const RACER = new URL('../testing/racing-labels.ts', import.meta.url).pathname;
const ROUNDS = 50;

let folder: string;
let clickhouse: ClickhouseProcess;
let racers: [Racer, Racer];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-labels-'));
  clickhouse = await startClickhouseProcess();
  racers = startRacers(RACER);
}, 60_000);
afterAll(async () => {
  await Promise.all(racers.map((racer) => racer.end()));
  await clickhouse.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('two processes that label one feature at once', () => {
  test('each change what they name: no change is lost, in the object store and in the index', async () => {
    const objects = pathToFileURL(folder).href;
    const of = { sae: 's', sha256: 'ab'.repeat(32) };
    const client = createClient({ url: clickhouse.url });
    await openFeatureIndex({ client, address: clickhouse.url }).ensureSchema();
    for (let round = 0; round < ROUNDS; round++) {
      const [label, description] = [`label ${round}`, `text ${round}`];
      const run = (racer: Racer, changes: LabelTask['changes']) => {
        const task: LabelTask = { objects, clickhouse: clickhouse.url, of, feature: 7, changes };
        return racer.run(task);
      };
      await Promise.all([run(racers[0], [{ label }, { description }]), run(racers[1], [{ label }, {}])]);
      const key = `featureLabels/${of.sae}/${of.sha256}/7.json`;
      const kept = JSON.parse(Buffer.from(await openObjectStore(objects).read(key)).toString());
      expect(kept).toEqual({ label, description, version: (round + 1) * 4 });
      const query = `SELECT label, description, toUInt32(version) AS version FROM facet.labels
        WHERE feature = 7 ORDER BY labels.version DESC LIMIT 1`;
      const copy = await client.query({ query, format: 'JSONEachRow' });
      expect(await copy.json()).toEqual([kept]);
    }
    await client.close();
  }, 240_000);
});
