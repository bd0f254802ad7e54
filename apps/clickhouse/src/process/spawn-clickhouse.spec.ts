import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@clickhouse/client';
import { spawnClickhouse } from './spawn-clickhouse.ts';

const SLOW = 'SELECT max(sipHash64(number)) FROM numbers(1000000000000)';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-clickhouse-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe('spawnClickhouse', () => {
  test('refuses a directory that another process has, naming it', async () => {
    const dataDirectory = join(directory, 'data');
    const owner = await spawnClickhouse({ dataDirectory, listen: '127.0.0.1:0' });
    await expect(spawnClickhouse({ dataDirectory, listen: '127.0.0.1:0' })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(`${dataDirectory}: another process uses it`),
    });
    await owner.stop();
  });

  test('asks for the password, by Basic, Bearer and headers, and keeps data across restarts', async () => {
    const options = {
      dataDirectory: join(directory, 'locked'),
      listen: '127.0.0.1:0',
      password: 'pass:word',
    };
    const first = await spawnClickhouse(options);
    const ask = (headers: Record<string, string>) => fetch(`${first.url}/?query=SELECT+1`, { headers });
    const basic = (password: string) => `Basic ${Buffer.from(`default:${password}`).toString('base64')}`;
    expect((await ask({})).status).toBe(401);
    expect((await ask({ authorization: basic('wrong') })).status).toBe(403);
    const accepted: Record<string, string>[] = [
      { authorization: basic('pass:word') },
      { authorization: 'Bearer pass:word' },
      { 'x-clickhouse-user': 'default', 'x-clickhouse-key': 'pass:word' },
    ];
    for (const headers of accepted) expect(await (await ask(headers)).text()).toBe('1\n');
    const writer = createClient({ url: first.url, password: 'pass:word' });
    await writer.command({ query: 'CREATE TABLE lasting ENGINE = MergeTree ORDER BY a AS SELECT 42 AS a' });
    await writer.close();
    await first.stop();
    const second = await spawnClickhouse(options);
    const reader = createClient({ url: second.url, password: 'pass:word' });
    expect(
      await (await reader.query({ query: 'SELECT a FROM lasting', format: 'JSONEachRow' })).json(),
    ).toEqual([{ a: 42 }]);
    await reader.close();
    await second.stop();
  });

  test('lets a running query finish when asked to stop, and kills one that does not end', async () => {
    const spawned = await spawnClickhouse({
      dataDirectory: join(directory, 'drained'),
      listen: '127.0.0.1:0',
    });
    const headers = { authorization: `Bearer ${spawned.password}` };
    const post = (body: string) => fetch(spawned.url, { method: 'POST', body, headers });
    const short = post('SELECT sleepEachRow(0.5) FROM numbers(2)');
    const endless = post(SLOW);
    const outcome = endless.then(
      async (response) => response.text(),
      () => 'cut',
    );
    await delay(300);
    const stopped = spawned.stop(30_000);
    expect((await short).status).toBe(200);
    expect(await outcome).toMatch(/cut|QUERY_WAS_CANCELLED/);
    await stopped;
    expect(await spawned.ended).toMatch(/exit code 0/);
  }, 60_000);
});
