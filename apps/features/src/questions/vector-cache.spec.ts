import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from '@clickhouse/client';
import { type IndexInfo, openFeatureIndex } from '@facet/feature-index';
import { currentRequest, withRequest } from '@facet/mesh';
import { createVectorCache } from './vector-cache.ts';

const INFO: IndexInfo = {
  sae: 's',
  generation: 1,
  run: 'r',
  d_sae: 2,
  tokens: 4,
  excludedRows: 0,
  events: 2,
  liveFeatures: 1,
  lineage: {},
};

describe('createVectorCache', () => {
  test('gives a caller the vectors whose reading another one began that left', async () => {
    const asked: ServerResponse[] = [];
    const server = createServer((_, response) => asked.push(response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = createClient({ url, log: { level: 127 } });
    const readSignal = () => currentRequest()?.signal;
    const vectorsOf = createVectorCache(openFeatureIndex({ client, address: url, readSignal }));
    const leaving = new AbortController();
    const first = withRequest({ requestId: 'first', signal: leaving.signal }, () => vectorsOf(INFO));
    while (asked.length === 0) await new Promise(setImmediate);
    const staying = new AbortController().signal;
    const second = withRequest({ requestId: 'second', signal: staying }, () => vectorsOf(INFO));
    leaving.abort();
    asked[0]!.end('{"feature":1,"density":0.5,"max":2}\n');
    expect((await second).maxActivation).toEqual(Float32Array.of(0, 2));
    expect(await first).toBe(await second);
    expect(asked).toHaveLength(1);
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
