import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from '@clickhouse/client';
import { createClickhouseSession } from './clickhouse-session.ts';

describe('createClickhouseSession', () => {
  let server: Server;
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('ends the reading queries of a caller that is gone, and frees their connections', async () => {
    const asked: IncomingMessage[] = [];
    server = createServer((message, response) => {
      asked.push(message);
      if (asked.length > 1) response.end('{"n":1}\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = createClient({ url, max_open_connections: 1, log: { level: 127 } });
    const caller = new AbortController();
    let current: AbortSignal | undefined = caller.signal;
    const session = createClickhouseSession({ client, address: url, readSignal: () => current });
    const abandoned = session.rows('SELECT sleep(3600)');
    while (asked.length === 0) await new Promise(setImmediate);
    caller.abort();
    await expect(abandoned).rejects.toMatchObject({ kind: 'cancelled' });
    current = undefined;
    expect(await session.rows('SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await client.close();
  });

  test('asks nothing for a caller that was gone before', async () => {
    let asked = 0;
    server = createServer((_, response) => {
      asked += 1;
      response.end('{"n":1}\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = createClient({ url, log: { level: 127 } });
    const signal = AbortSignal.abort();
    const session = createClickhouseSession({ client, address: url, readSignal: () => signal });
    const cancelled = { kind: 'cancelled' };
    await expect(session.rows('SELECT 1 AS n')).rejects.toMatchObject(cancelled);
    await expect(session.command('SELECT 1', { signal })).rejects.toMatchObject(cancelled);
    await expect(session.insertRows('t', [{ a: 1 }], 'token', { signal })).rejects.toMatchObject(cancelled);
    expect(asked).toBe(0);
    await client.close();
  });
});
