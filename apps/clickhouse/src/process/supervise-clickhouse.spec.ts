import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectionFileOf, netrcFileOf } from './connection-file.ts';
import {
  type ClickhouseEvent,
  type SupervisedClickhouse,
  superviseClickhouse,
} from './supervise-clickhouse.ts';

let directory: string;
let clickhouse: SupervisedClickhouse;
const events: ClickhouseEvent[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-supervised-'));
  clickhouse = await superviseClickhouse({
    dataDirectory: join(directory, 'data'),
    listen: '127.0.0.1:0',
    onEvent: (event) => void events.push(event),
  });
}, 60_000);

afterAll(async () => {
  await clickhouse?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function ask(sql: string): Promise<string> {
  const { url, password } = clickhouse;
  const headers = { authorization: `Bearer ${password}` };
  const response = await fetch(url, { method: 'POST', body: sql, headers });
  if (!response.ok) throw new Error(await response.text());
  return response.text();
}

async function happens(kind: ClickhouseEvent['kind'], times: number): Promise<void> {
  for (let left = 600; events.filter((event) => event.kind === kind).length < times; left -= 1) {
    if (left === 0) throw new Error(`${kind} did not happen ${times} times: ${JSON.stringify(events)}`);
    await delay(100);
  }
}

describe('superviseClickhouse', () => {
  test('says in private files of the data directory how it is reached', async () => {
    const data = join(directory, 'data');
    const { url, password } = clickhouse;
    expect(JSON.parse(await readFile(connectionFileOf(data), 'utf8'))).toEqual({
      url,
      user: 'default',
      password,
    });
    expect(await readFile(netrcFileOf(data), 'utf8')).toContain(
      `machine 127.0.0.1 login default password ${password}\n`,
    );
    for (const path of [connectionFileOf(data), netrcFileOf(data)])
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(password.length).toBeGreaterThanOrEqual(32);
  });

  test('starts it again after a kill, at the same address with the same password and data, and tells', async () => {
    await ask('CREATE TABLE kept ENGINE = MergeTree ORDER BY a AS SELECT 42 AS a');
    const { pid, url, password } = clickhouse;
    process.kill(pid, 'SIGKILL');
    await happens('restarted', 1);
    expect(clickhouse.pid).not.toBe(pid);
    expect(await ask('SELECT a FROM kept')).toBe('42\n');
    expect(events.map(({ kind }) => kind)).toEqual(['ended', 'restarted']);
    expect(events[0]!.text).toBe(`ClickHouse (process ${pid}) is gone: it ended with SIGKILL`);
    expect(events[1]!.text).toContain(url);
    expect(JSON.stringify(events)).not.toContain(password);
  }, 90_000);

  test('leaves it down when it ends again and again', async () => {
    for (let time = 2; time <= 5; time += 1) {
      process.kill(clickhouse.pid, 'SIGKILL');
      await happens('restarted', time);
    }
    process.kill(clickhouse.pid, 'SIGKILL');
    await happens('given-up', 1);
    await expect(ask('SELECT 1')).rejects.toThrow();
  }, 180_000);
});
