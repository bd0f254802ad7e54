import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { type SpawnedClickhouse, spawnClickhouse } from './process/spawn-clickhouse.ts';

const SLOW = 'SELECT max(sipHash64(number)) FROM numbers(1000000000000)';

let directory: string;
let server: SpawnedClickhouse;
let client: ClickHouseClient;

function connect(options: Parameters<typeof createClient>[0] = {}): ClickHouseClient {
  return createClient({ url: server.url, password: server.password, log: { level: 127 }, ...options });
}

const bearer = () => ({ authorization: `Bearer ${server.password}` });

async function rows<T>(query: string, options: object = {}): Promise<T[]> {
  return (await client.query({ query, format: 'JSONEachRow', ...options })).json<T>();
}

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  for (let left = 100; !(await condition()); left -= 1) {
    if (left === 0) throw new Error('the condition did not come true within 10 s');
    await delay(100);
  }
}

const LISTED = `SELECT count() AS n FROM system.processes WHERE query LIKE '%sipHash64%' AND query NOT LIKE '%processes%'`;
const running = async () => (await rows<{ n: number }>(LISTED))[0]!.n;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-clickhouse-'));
  server = await spawnClickhouse({
    dataDirectory: join(directory, 'data'),
    listen: '127.0.0.1:0',
    maxRunning: 4,
    maxWaiting: 3,
  });
  client = connect();
}, 60_000);

afterAll(async () => {
  await client?.close();
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe('the real @clickhouse/client', () => {
  test('pings by path and by query', async () => {
    expect(await client.ping()).toEqual({ success: true });
    expect(await client.ping({ select: true })).toEqual({ success: true });
  });

  test('binds parameters of every kind without loss', async () => {
    const query_params = {
      n: 5,
      s: "it's\ta\\ \n'q'",
      missing: null,
      list: ["x'y", 'z\tw'],
      day: new Date(0),
      yes: true,
    };
    const query = `SELECT {n:UInt8} AS n, {s:String} AS s, {missing:Nullable(String)} AS missing, {list:Array(String)} AS list,
      toUnixTimestamp({day:DateTime}) AS day, {yes:Bool} AS yes`;
    const expected = [
      { n: 5, s: "it's\ta\\ \n'q'", missing: null, list: ["x'y", 'z\tw'], day: 0, yes: true },
    ];
    expect(await rows(query, { query_params })).toEqual(expected);
    expect(await rows(query, { query_params, use_multipart_params: true })).toEqual(expected);
  });

  test('forgets parameters, settings, databases and temporary tables after each request', async () => {
    await rows('SELECT {secret:String}', {
      query_params: { secret: 'x' },
      clickhouse_settings: { max_threads: 7 },
    });
    await client.command({ query: 'CREATE DATABASE IF NOT EXISTS other' });
    await client.command({ query: 'USE other' });
    await client.command({ query: 'SET max_block_size = 123' });
    await client.command({ query: 'CREATE TEMPORARY TABLE gone (a Int8)' });
    await expect(rows('SELECT {secret:String}')).rejects.toMatchObject({
      code: '456',
      type: 'UNKNOWN_QUERY_PARAMETER',
    });
    await expect(rows('SELECT * FROM gone')).rejects.toMatchObject({ type: 'UNKNOWN_TABLE' });
    expect(
      await rows(`SELECT currentDatabase() AS db, getSetting('max_block_size') != 123 AS reset`),
    ).toEqual([{ db: 'default', reset: 1 }]);
  });

  test('inserts JSONEachRow, CSV, RowBinary and Native, and reads them back', async () => {
    await client.command({ query: 'CREATE TABLE kinds (a UInt32, b String) ENGINE = MergeTree ORDER BY a' });
    const inserted = await client.insert({
      table: 'kinds',
      values: [{ a: 1, b: "one'\n\t" }],
      format: 'JSONEachRow',
    });
    expect(inserted.summary).toMatchObject({ written_rows: '1' });
    await client.insert({
      table: 'kinds',
      values: Readable.from(['2,"two"\n'], { objectMode: false }),
      format: 'CSV',
    });
    const binary = Buffer.from([3, 0, 0, 0, 2, 0xff, 0x0a]);
    await client.exec({
      query: 'INSERT INTO kinds (a, b) FORMAT RowBinary',
      values: Readable.from([binary]),
    });
    const { stream } = await client.exec({ query: "SELECT toUInt32(4) AS a, 'four' AS b FORMAT Native" });
    await client.exec({
      query: 'INSERT INTO kinds SETTINGS max_insert_threads = 1 FORMAT Native',
      values: Readable.from(await stream.toArray()),
    });
    await client.command({ query: `INSERT INTO kinds VALUES (5, 'it''s; five'), (6, 'six')` });
    await client.command({ query: 'INSERT INTO kinds SELECT 7, {s:String}', query_params: { s: 'seven' } });
    expect(await rows('SELECT a, hex(b) AS h, b FROM kinds WHERE a = 3')).toMatchObject([{ h: 'FF0A' }]);
    expect(await rows('SELECT b FROM kinds WHERE a != 3 ORDER BY a')).toEqual(
      ["one'\n\t", 'two', 'four', "it's; five", 'six', 'seven'].map((b) => ({ b })),
    );
  });

  test('counts a retried batch with insert_deduplication_token once', async () => {
    await client.command({
      query:
        'CREATE TABLE dedup (a UInt32) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100',
    });
    const insert = (insert_deduplication_token: string) =>
      client.insert({
        table: 'dedup',
        values: [{ a: 1 }],
        format: 'JSONEachRow',
        clickhouse_settings: { insert_deduplication_token },
      });
    await insert('batch-1');
    await insert('batch-1');
    await insert('batch-2');
    expect(await rows('SELECT count() AS n FROM dedup')).toEqual(
      [{ n: '2' }].map(({ n }) => ({ n: Number(n) })),
    );
  });

  test('streams large selects and honours compression both ways', async () => {
    const zipped = connect({ compression: { request: true, response: true } });
    const result = await zipped.query({
      query: 'SELECT number FROM numbers(2000000)',
      format: 'JSONEachRow',
    });
    expect(result.response_headers['content-encoding']).toBe('gzip');
    let sum = 0;
    for await (const batch of result.stream<{ number: number | string }>())
      for (const row of batch) sum += Number(row.json<{ number: string }>().number);
    expect(sum).toBe((2_000_000 * 1_999_999) / 2);
    await zipped.command({ query: 'CREATE TABLE zipped (a UInt32) ENGINE = Memory' });
    await zipped.insert({ table: 'zipped', values: [{ a: 1 }, { a: 2 }], format: 'JSONEachRow' });
    expect(await rows('SELECT sum(a) AS s FROM zipped')).toMatchObject([{ s: 3 }]);
    await zipped.close();
  });

  test('answers whole formats as one document', async () => {
    const result = await client.query({ query: 'SELECT number FROM numbers(300000)', format: 'JSON' });
    expect(await result.json<object>()).toMatchObject({ rows: 300_000 });
    expect(result.response_headers).toMatchObject({
      'x-clickhouse-format': 'JSON',
      'x-clickhouse-timezone': expect.any(String),
    });
  });

  test('frees a named session before its answer ends', async () => {
    const session_id = 'hurried';
    await client.command({ query: 'CREATE TEMPORARY TABLE hurried (a Int64)', session_id });
    for (let a = 0; a < 200; a += 1)
      await client.insert({ table: 'hurried', values: [{ a }], format: 'JSONEachRow', session_id });
    expect(await rows('SELECT count() AS n FROM hurried', { session_id })).toMatchObject([{ n: 200 }]);
  });

  test('keeps temporary tables in a named session and says when it is busy', async () => {
    const session_id = 'analyst';
    await client.command({ query: 'CREATE TEMPORARY TABLE kept (a Int8)', session_id });
    await client.insert({ table: 'kept', values: [{ a: 1 }], format: 'JSONEachRow', session_id });
    const abort = new AbortController();
    const slow = rows(SLOW, { session_id, abort_signal: abort.signal }).catch(
      (error: Error) => error.message,
    );
    await waitFor(async () => (await running()) === 1);
    await expect(rows('SELECT * FROM kept', { session_id })).rejects.toMatchObject({
      type: 'SESSION_IS_LOCKED',
    });
    abort.abort();
    expect(await slow).toMatch(/aborted/);
    await waitFor(async () => (await running()) === 0);
    expect(await rows('SELECT * FROM kept', { session_id })).toEqual([{ a: 1 }]);
  });
});

describe('errors', () => {
  test.each([
    ['selec 1', '62', 'SYNTAX_ERROR'],
    ['SELECT 1; SELECT 2', '62', 'SYNTAX_ERROR'],
    ['SELECT * FROM no_such_table', '60', 'UNKNOWN_TABLE'],
    ['SELECT no_such_function(1)', '46', 'UNKNOWN_FUNCTION'],
    ["SELECT toUInt8('x')", '6', 'CANNOT_PARSE_TEXT'],
  ])('%s is a typed ClickHouseError', async (query, code, type) => {
    await expect(client.command({ query })).rejects.toMatchObject({ code, type });
  });

  test.each([true, false])(
    'an error in the middle of a stream reaches the reader (compression %s)',
    async (response) => {
      const reader = connect({ compression: { response } });
      const query = `SELECT number, throwIf(number = 3000000, 'boom') FROM numbers(5000000)`;
      const result = await reader.query({ query, format: 'JSONEachRow' });
      await expect(result.json()).rejects.toMatchObject({
        code: '395',
        message: expect.stringContaining('boom'),
      });
      await reader.close();
    },
  );

  test('the status, the code header and the text are those of ClickHouse', async () => {
    const response = await fetch(`${server.url}/?query=SELECT+*+FROM+nowhere`, { headers: bearer() });
    expect([response.status, response.headers.get('x-clickhouse-exception-code')]).toEqual([404, '60']);
    expect(await response.text()).toMatch(/^Code: 60\. DB::Exception: .*nowhere.*\(UNKNOWN_TABLE\)\n$/s);
  });

  test('a broken upload leaves nothing behind and names neither path nor directory', async () => {
    await client.command({ query: 'CREATE TABLE numbers_only (a UInt32) ENGINE = MergeTree ORDER BY a' });
    const insert = client.insert({ table: 'numbers_only', values: [{ a: 'word' }], format: 'JSONEachRow' });
    await expect(insert).rejects.toMatchObject({ message: expect.not.stringContaining(directory) });
    expect(await readdir(join(directory, 'data', 'spool'))).toEqual([]);
    expect(await rows('SELECT count() AS n FROM numbers_only')).toMatchObject([{ n: 0 }]);
  });

  test('GET requests cannot write', async () => {
    const response = await fetch(`${server.url}/?query=CREATE+TABLE+by_get+(a+Int8)+ENGINE=Memory`, {
      headers: bearer(),
    });
    expect(await response.text()).toMatch(/READONLY/);
  });
});

describe('load', () => {
  test('kills the query of a caller who leaves, and answers pings meanwhile', async () => {
    const abort = new AbortController();
    const slow = rows(SLOW, { abort_signal: abort.signal }).catch((error: Error) => error.message);
    await waitFor(async () => (await running()) === 1);
    expect(await client.ping()).toEqual({ success: true });
    abort.abort();
    expect(await slow).toMatch(/aborted/);
    await waitFor(async () => (await running()) === 0);
  });

  test('queues what does not fit, and refuses with 503 when the queue is full', async () => {
    const abort = new AbortController();
    const ask = () =>
      fetch(server.url, { method: 'POST', body: SLOW, signal: abort.signal, headers: bearer() }).catch(
        () => undefined,
      );
    const held = Array.from({ length: 4 + 3 }, ask);
    let refused: Response | undefined;
    await waitFor(async () => {
      refused = await fetch(server.url, {
        method: 'POST',
        body: 'SELECT 1',
        headers: bearer(),
        signal: AbortSignal.timeout(2000),
      }).catch(() => undefined);
      return refused?.status === 503;
    });
    expect(await refused!.text()).toMatch(/^Code: 202\. .*4 run and 3 wait.*TOO_MANY_SIMULTANEOUS_QUERIES/);
    abort.abort();
    await Promise.all(held);
    await waitFor(async () => (await running().catch(() => -1)) === 0);
  });
});
