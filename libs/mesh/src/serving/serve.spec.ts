import { DataType } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { Channel, ChannelCredentials } from '@grpc/grpc-js';
import { createClient } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { createServiceClient } from '../connecting/service-client.ts';
import { createLogger } from '../process/logger.ts';
import { type EchoSetup, serveEcho } from '../testing/serve-echo.ts';
import { currentRequest } from './request-context.ts';
import { serve } from './serve.ts';

let setup: EchoSetup | undefined;
afterEach(async () => {
  await setup?.close();
  setup = undefined;
});

async function start(...parameters: Parameters<typeof serveEcho>): Promise<EchoSetup> {
  setup = await serveEcho(...parameters);
  return setup;
}

/** A promise and the function that resolves it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('serve', () => {
  test('answers unary calls and streams over a socket', async () => {
    const { client } = await start();
    expect(await client.getEcho({ texts: ['a', 'b'] })).toEqual({ texts: ['a', 'b'] });
    const rows: number[] = [];
    for await (const { firstRow } of client.streamBlocks({ texts: ['x', 'y', 'z'] })) rows.push(firstRow);
    expect(rows).toEqual([0, 1, 2]);
  });

  test('runs several servers in one process, each with its own health and logs', async () => {
    const { server, logged } = await start();
    const other = await serveEcho();
    await other.client.getEcho({ texts: [] });
    await other.close();
    expect(other.server.port).not.toBe(server.port);
    expect(logged.filter(({ msg }) => msg === 'call')).toHaveLength(0);
    await expect(setup!.client.getEcho({ texts: ['alive'] })).resolves.toEqual({ texts: ['alive'] });
  });

  test('names the address when the port is taken', async () => {
    const { server } = await start();
    const again = serve({
      name: 'second',
      host: '127.0.0.1',
      port: server.port,
      services: [],
      logger: createLogger({ service: 'second', level: 'silent' }),
    });
    await expect(again).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(`second cannot listen on 127.0.0.1:${server.port}`),
    });
  });

  test('answers an unknown error INTERNAL without its text and logs it whole', async () => {
    const { client, logged } = await start({
      getEcho: async () => {
        throw new TypeError('the password is hunter2');
      },
    });
    const error = await client.getEcho({}).catch((thrown: Error) => thrown);
    expect(String(error)).not.toContain('hunter2');
    expect(error).not.toHaveProperty('kind');
    const line = logged.find(({ msg }) => msg === 'call failed');
    expect(line).toMatchObject({
      level: 'error',
      code: 'INTERNAL',
      err: { message: 'the password is hunter2' },
    });
    expect(String(error)).toContain(line?.requestId);
  });

  test('aborts the handler at the server deadline and answers DEADLINE_EXCEEDED', async () => {
    const { client } = await start(
      {
        getEcho: (_request, { signal }) =>
          new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      },
      { limits: { unaryDeadlineMs: 50 } },
    );
    await expect(client.createEcho({})).resolves.toBeDefined();
    await expect(client.getEcho({})).rejects.toMatchObject({
      kind: 'unavailable',
      reason: 'DEADLINE_EXCEEDED',
    });
  });

  test('tells a stream handler at once when its caller is gone', async () => {
    const aborted = gate();
    const { client, logged } = await start({
      async *streamBlocks(_request, { signal }) {
        yield { firstRow: 0 };
        expect(currentRequest()?.signal).toBe(signal);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        aborted.open();
      },
    });
    const caller = new AbortController();
    const reading = (async () => {
      for await (const _ of client.streamBlocks({}, { signal: caller.signal })) caller.abort();
    })();
    await expect(reading).rejects.toMatchObject({ kind: 'cancelled' });
    await aborted.opened;
    await setup!.server.stop(1000);
    expect(logged).toContainEqual(
      expect.objectContaining({ method: expect.stringMatching(/StreamBlocks$/), code: 'CANCELLED' }),
    );
  });

  test('ends a stream handler that never looks at its signal, and runs its finally', async () => {
    const ended = gate();
    const { client } = await start({
      async *streamBlocks() {
        try {
          for (let firstRow = 0; ; firstRow++) {
            yield { firstRow };
            await new Promise(setImmediate);
          }
        } finally {
          ended.open();
        }
      },
    });
    for await (const { firstRow } of client.streamBlocks({})) if (firstRow === 3) break;
    await ended.opened;
  });

  test('holds back a stream whose reader is slow', async () => {
    const blockBytes = 2 ** 20;
    const total = 200;
    let produced = 0;
    const data = Buffer.alloc(blockBytes);
    const { client } = await start({
      async *streamBlocks() {
        for (; produced < total; produced++)
          yield { activations: { dtype: DataType.U8, shape: [blockBytes], data } };
      },
    });
    const iterator = client.streamBlocks({})[Symbol.asyncIterator]();
    await iterator.next();
    let before = -1;
    while (produced !== before) {
      before = produced;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // 16 messages may wait in each end's object queue, and 8 MiB in each end's HTTP/2 window.
    expect(produced).toBeLessThanOrEqual(60);
    let received = 1;
    while (!(await iterator.next()).done) received++;
    expect(received).toBe(total);
  });

  test('refuses a message over the limit, and accepts it where the limit is raised', async () => {
    const texts = ['x'.repeat(5 * 2 ** 20)];
    const { client } = await start();
    await expect(client.createEcho({ texts })).rejects.toMatchObject({ kind: 'exhausted' });
    await setup!.close();
    const limits = { maxReceiveBytes: 8 * 2 ** 20, maxSendBytes: 8 * 2 ** 20 };
    await start(
      { createEcho: async ({ texts: received }) => ({ texts: [String(received[0]?.length)] }) },
      { limits },
    );
    const { connect } = await import('../connecting/connect.ts');
    const connection = connect(setup!.server.address, limits);
    const { EchoServiceDefinition } = await import('../testing/echo-service.ts');
    const raised = createServiceClient(EchoServiceDefinition, connection);
    await expect(raised.createEcho({ texts })).resolves.toEqual({ texts: [String(5 * 2 ** 20)] });
    connection.close();
  });
});

describe('health', () => {
  test('says SERVING for the server and its services, NOT_FOUND for others', async () => {
    const { connection } = await start();
    const health = createServiceClient(HealthDefinition, connection);
    for (const service of ['', 'facet.test.v1.EchoService']) {
      await expect(health.check({ service })).resolves.toEqual({ status: 1 });
    }
    await expect(health.check({ service: 'facet.test.v1.Other' })).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  test('tells watchers NOT_SERVING and does not let them keep the server from stopping', async () => {
    const { connection, server, logged } = await start();
    const statuses: number[] = [];
    const health = createServiceClient(HealthDefinition, connection);
    const watching = (async () => {
      for await (const { status } of health.watch({ service: '' })) {
        statuses.push(status);
        if (status === 1) void server.stop(20_000);
      }
    })();
    await watching;
    await server.stop();
    expect(statuses).toEqual([1, 2]);
    expect(logged.some(({ msg }) => String(msg).includes('cancelled'))).toBe(false);
  });
});

describe('stop', () => {
  test('lets an open call finish and refuses new ones', async () => {
    const entered = gate();
    const release = gate();
    const { client, server } = await start({
      createEcho: async ({ texts }) => {
        entered.open();
        await release.opened;
        return { texts };
      },
    });
    const open = client.createEcho({ texts: ['kept'] });
    await entered.opened;
    const stopped = server.stop(20_000);
    await expect(client.createEcho({ texts: ['late'] })).rejects.toMatchObject({ kind: 'unavailable' });
    release.open();
    await expect(open).resolves.toEqual({ texts: ['kept'] });
    await stopped;
  });

  test('cancels what is still open after the grace time', async () => {
    const entered = gate();
    const { client, server } = await start({
      createEcho: (_request, { signal }) => {
        entered.open();
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        );
      },
    });
    const open = client.createEcho({}).catch((error: FacetError) => error);
    await entered.opened;
    await server.stop(50);
    expect(['cancelled', 'unavailable']).toContain(((await open) as FacetError).kind);
  });
});

describe('reflection', () => {
  test('lists the services and describes the contracts, only where switched on', async () => {
    const { server } = await start({}, { reflection: true });
    const { ServerReflectionService } = await import('nice-grpc-server-reflection');
    const { ServerReflectionRequest } = await import(
      'nice-grpc-server-reflection/lib/proto/grpc/reflection/v1/reflection_pb.js'
    );
    const channel = new Channel(server.address, ChannelCredentials.createInsecure(), {});
    const client = createClient(ServerReflectionService, channel);
    async function* requests() {
      yield new ServerReflectionRequest().setListServices('*');
      yield new ServerReflectionRequest().setFileContainingSymbol('facet.inference.v1.InferenceService');
    }
    const answers: { services: string[]; files: number }[] = [];
    for await (const answer of client.serverReflectionInfo(requests())) {
      const services = answer.getListServicesResponse()?.getServiceList() ?? [];
      const files = answer.getFileDescriptorResponse()?.getFileDescriptorProtoList() ?? [];
      answers.push({ services: services.map((service) => service.getName()), files: files.length });
    }
    channel.close();
    expect(answers).toEqual([
      { services: ['facet.test.v1.EchoService'], files: 0 },
      { services: [], files: 1 },
    ]);
  });
});

describe('errors over the wire', () => {
  test('keeps kind, reason, message, field and metadata', async () => {
    const { client, logged } = await start({
      getEcho: async () => {
        throw new FacetError('not-found', 'saes/x has no feature 70000; d_sae is 24576', {
          reason: 'FEATURE_UNKNOWN',
          field: 'features[0].index',
          metadata: { resourceName: 'saes/x/features/70000' },
        });
      },
    });
    await expect(client.getEcho({})).rejects.toMatchObject({
      name: 'FacetError',
      kind: 'not-found',
      reason: 'FEATURE_UNKNOWN',
      message: 'saes/x has no feature 70000; d_sae is 24576',
      field: 'features[0].index',
      metadata: { resourceName: 'saes/x/features/70000', requestId: expect.any(String) },
    });
    expect(logged.find(({ msg }) => msg === 'call refused')).toMatchObject({
      level: 'warn',
      reason: 'FEATURE_UNKNOWN',
    });
  });
});
