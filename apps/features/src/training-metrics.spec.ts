import { setTimeout as sleep } from 'node:timers/promises';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { TrainingMetricsRecorded } from '@facet/contracts';
import { type EventBus, openEventBus } from '@facet/events';
import { openFeatureIndex } from '@facet/feature-index';
import { type ClickhouseProcess, startClickhouseProcess } from '@facet/feature-index/testing';
import { createLogger } from '@facet/mesh';
import { keepTrainingMetrics, pointsOf } from './training-metrics.ts';

let clickhouse: ClickhouseProcess;
let client: ClickHouseClient;
let bus: EventBus;

beforeAll(async () => {
  clickhouse = await startClickhouseProcess();
  client = createClient({
    url: clickhouse.url,
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  bus = await openEventBus({ url: 'memory:' });
}, 60_000);

afterAll(async () => {
  await bus?.close();
  await client?.close();
  await clickhouse?.stop();
}, 30_000);

const point = (step: number, change: object = {}) => ({
  step: BigInt(step),
  tokens: BigInt(step * 256),
  loss: 3 / step,
  l0: 8,
  fvu: 1 / step,
  gradientNorm: 0.5,
  deadFraction: 0.25,
  learningRate: 1e-3,
  ...change,
});

async function publish(id: string, event: object): Promise<void> {
  const run = { trainingRun: 'trainingRuns/r', uid: 'u', sae: 'saes/s', time: new Date() };
  const payload = TrainingMetricsRecorded.encode(
    TrainingMetricsRecorded.fromPartial({ ...run, ...event }),
  ).finish();
  await bus.publish('facet.training.run.metrics', payload, { id });
}

async function rows<T>(query: string): Promise<T[]> {
  return (await client.query({ query, format: 'JSONEachRow' })).json<T>();
}

async function until(enough: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await enough().catch(() => false)) return;
    await sleep(50);
  }
  throw new Error('it did not come to that in 20 s');
}

describe('keepTrainingMetrics', () => {
  test('keeps every point once, however often it comes, and what was not measured as NULL', async () => {
    const stop = new AbortController();
    const index = openFeatureIndex({ client, address: clickhouse.url });
    const logger = createLogger({ service: 'features', level: 'silent' });
    const keeping = keepTrainingMetrics({ bus, index, logger }, stop.signal);
    await publish('a', { points: [point(1, { fvu: Number.NaN }), point(2)] });
    await publish('nonsense', { uid: '' });
    // A run that goes on from a checkpoint tells all of its points again.
    await publish('b', {
      points: [point(1, { fvu: Number.NaN }), point(2), point(3)],
      heldOutPoints: [{ step: 3n, heldOutTokens: 200n, l0: 8, fvu: 0.4, explainedVariance: 0.6 }],
    });
    await publish('c', { trainingRun: 'trainingRuns/other', uid: 'v', points: [point(1)] });
    const count = 'SELECT count() AS n FROM facet.current_training_metrics';
    await until(async () => Number((await rows<{ n: number }>(count))[0]?.n) === 4);

    const kept = await rows(
      "SELECT step, tokens, loss, fvu, sae FROM facet.current_training_metrics WHERE run = 'r' ORDER BY step",
    );
    expect(kept).toMatchObject([
      { step: 1, tokens: 256, loss: 3, fvu: null, sae: 's' },
      { step: 2, loss: 1.5, fvu: 0.5 },
      { step: 3, loss: 1 },
    ]);
    const heldOut = await rows(
      'SELECT step, held_out_tokens, fvu FROM facet.current_training_held_out_metrics',
    );
    expect(heldOut).toEqual([{ step: 3, held_out_tokens: 200, fvu: 0.4 }]);
    stop.abort();
    await keeping;
  }, 60_000);
});

describe('pointsOf', () => {
  test('reads nothing from what is no such event', () => {
    expect(pointsOf(Buffer.from('\xff\xff\xff', 'latin1'))).toBeUndefined();
    expect(pointsOf(new Uint8Array(0))).toBeUndefined();
  });
});
