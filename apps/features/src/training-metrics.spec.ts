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

function keep(signal: AbortSignal): Promise<void> {
  const index = openFeatureIndex({ client, address: clickhouse.url });
  const logger = createLogger({ service: 'features', level: 'silent' });
  return keepTrainingMetrics({ bus, index, logger }, signal);
}

describe('keepTrainingMetrics', () => {
  test('keeps every point once, however often it comes, and what was not measured as NULL', async () => {
    const stop = new AbortController();
    const keeping = keep(stop.signal);
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

  test('keeps the curves of several SAEs of one run apart', async () => {
    const stop = new AbortController();
    const keeping = keep(stop.signal);
    const sweep = { trainingRun: 'trainingRuns/sweep', uid: 'w' };
    for (const [member, sae] of ['saes/one', 'saes/two'].entries()) {
      const heldOutPoints = [{ step: 2n, heldOutTokens: 200n, fvu: member / 2 }];
      await publish(sae, {
        ...sweep,
        sae,
        member,
        points: [point(1), point(2, { l0: member })],
        heldOutPoints,
      });
    }
    const query = (table: string, columns: string) =>
      `SELECT sae, ${columns} FROM facet.current_${table} WHERE run = 'sweep' AND step = 2 ORDER BY sae`;
    const heldOut = query('training_held_out_metrics', 'fvu');
    await until(async () => (await rows(heldOut)).length === 2);
    expect(await rows(heldOut)).toEqual([
      { sae: 'one', fvu: 0 },
      { sae: 'two', fvu: 0.5 },
    ]);
    expect(await rows(query('training_metrics', 'l0'))).toEqual([
      { sae: 'one', l0: 0 },
      { sae: 'two', l0: 1 },
    ]);
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
