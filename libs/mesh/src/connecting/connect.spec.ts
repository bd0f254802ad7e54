import {
  constants,
  createServer as createHttp2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { FacetError } from '@facet/errors';
import { withRequest } from '../serving/request-context.ts';
import { EchoServiceDefinition } from '../testing/echo-service.ts';
import { type EchoSetup, serveEcho } from '../testing/serve-echo.ts';
import { connect } from './connect.ts';
import { createServiceClient } from './service-client.ts';

let setup: EchoSetup | undefined;
afterEach(async () => {
  await setup?.close();
  setup = undefined;
});

/** A port of this machine on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('createServiceClient', () => {
  test('names the address when nothing answers there, after the bounded wait', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const connection = connect(address, { connectTimeoutMs: 300 });
    const client = createServiceClient(EchoServiceDefinition, connection);
    const startedMs = Date.now();
    await expect(client.getEcho({})).rejects.toMatchObject({
      kind: 'unavailable',
      reason: 'NOT_REACHABLE',
      message: expect.stringContaining(address),
    });
    expect(Date.now() - startedMs).toBeLessThan(3_000);
    connection.close();
  });

  test.each<[string, (stream: ServerHttp2Stream) => void]>([
    ['its connection', ({ session }) => session?.destroy(undefined, constants.NGHTTP2_INTERNAL_ERROR)],
    ['the call', (stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR)],
    ['the call without a reason', (stream) => stream.close(constants.NGHTTP2_NO_ERROR)],
  ])('says unavailable and names the address when the peer ends %s', async (_, end) => {
    const server = createHttp2Server();
    const sessions = new Set<ServerHttp2Session>();
    server.on('session', (session) => sessions.add(session));
    server.on('stream', (stream) => {
      stream.on('error', () => undefined);
      end(stream);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const connection = connect(address);
    const client = createServiceClient(EchoServiceDefinition, connection);
    try {
      await expect(client.getEcho({})).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining(address),
      });
    } finally {
      connection.close();
      for (const session of sessions) session.destroy();
      server.close();
    }
  });

  test('waits for a service that starts a little later', async () => {
    const port = await freePort();
    const connection = connect(`127.0.0.1:${port}`, { connectTimeoutMs: 20_000 });
    const client = createServiceClient(EchoServiceDefinition, connection);
    const early = client.createEcho({ texts: ['early'] });
    setup = await serveEcho({}, { port });
    await expect(early).resolves.toEqual({ texts: ['early'] });
    connection.close();
  });

  test('finds a server again that was restarted on the same address', async () => {
    const first = await serveEcho();
    const connection = connect(first.server.address, { connectTimeoutMs: 20_000 });
    const client = createServiceClient(EchoServiceDefinition, connection);
    await client.createEcho({});
    await first.close();
    setup = await serveEcho({}, { port: first.server.port });
    await expect(client.createEcho({ texts: ['back'] })).resolves.toEqual({ texts: ['back'] });
    connection.close();
  });

  test('sends a reading call again after UNAVAILABLE, a writing call never', async () => {
    const calls = { getEcho: 0, createEcho: 0 };
    const failTwice = (method: keyof typeof calls) => async () => {
      calls[method]++;
      if (calls[method] <= 2) throw new FacetError('unavailable', 'not yet');
      return {};
    };
    setup = await serveEcho({ getEcho: failTwice('getEcho'), createEcho: failTwice('createEcho') });
    await expect(setup.client.getEcho({})).resolves.toBeDefined();
    await expect(setup.client.createEcho({})).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'not yet',
    });
    expect(calls).toEqual({ getEcho: 3, createEcho: 1 });
  });

  test('sends no call again for a peer that the service has tried in vain itself', async () => {
    let calls = 0;
    const getEcho = async () => {
      calls++;
      const metadata = { address: 'http://127.0.0.1:8123' };
      throw new FacetError('unavailable', 'ClickHouse does not answer', { metadata });
    };
    setup = await serveEcho({ getEcho });
    await expect(setup.client.getEcho({})).rejects.toMatchObject({ message: 'ClickHouse does not answer' });
    expect(calls).toBe(1);
  });

  test('ends at its deadline and aborts the handler', async () => {
    let handlerAborted: () => void = () => {};
    const aborted = new Promise<void>((resolve) => {
      handlerAborted = resolve;
    });
    setup = await serveEcho({
      createEcho: (_request, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => {
            handlerAborted();
            reject(signal.reason);
          }),
        ),
    });
    // The handler must have begun by then, also on a busy machine.
    await setup.connection.ready(EchoServiceDefinition);
    await expect(setup.client.createEcho({}, { deadlineMs: 1000 })).rejects.toMatchObject({
      kind: 'unavailable',
      reason: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining('CreateEcho'),
    });
    await aborted;
  });

  test('ends at the deadline that its signal is, unary and in a stream', async () => {
    setup = await serveEcho({
      createEcho: () => new Promise(() => {}),
      async *streamBlocks() {
        yield { firstRow: 0 };
        await new Promise(() => {});
      },
    });
    const late = { kind: 'unavailable', reason: 'DEADLINE_EXCEEDED' };
    const unary = setup.client.createEcho({}, { signal: AbortSignal.timeout(50) });
    await expect(unary).rejects.toMatchObject(late);
    const reading = (async () => {
      const stream = setup!.client.streamBlocks({}, { signal: AbortSignal.timeout(200) });
      for await (const _ of stream);
    })();
    await expect(reading).rejects.toMatchObject(late);
  });

  test('ends the call as cancelled when its signal aborts, also while connecting', async () => {
    const connection = connect(`127.0.0.1:${await freePort()}`, { connectTimeoutMs: 20_000 });
    const client = createServiceClient(EchoServiceDefinition, connection);
    const caller = new AbortController();
    const call = client.createEcho({}, { signal: caller.signal });
    caller.abort();
    await expect(call).rejects.toMatchObject({ kind: 'cancelled' });
    connection.close();
  });

  test('carries the request id of the call being served', async () => {
    const inner = await serveEcho({ getEcho: async (_request, { requestId }) => ({ texts: [requestId] }) });
    setup = await serveEcho({
      async *streamBlocks() {
        for (let firstRow = 0; firstRow < 2; firstRow++) {
          const { texts } = await inner.client.getEcho({});
          yield { hookPoint: texts[0]! };
        }
      },
    });
    const outer = setup;
    const ids: string[] = [];
    await withRequest({ requestId: 'my-request' }, async () => {
      for await (const { hookPoint } of outer.client.streamBlocks({})) ids.push(hookPoint);
    });
    expect(ids).toEqual(['my-request', 'my-request']);
    await inner.close();
  });
});
