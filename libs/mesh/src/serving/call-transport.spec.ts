import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { DataType } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { type EchoSetup, serveEcho } from '../testing/serve-echo.ts';

const PATH = '/facet.test.v1.EchoService/StreamBlocks';
/** An empty message as gRPC frames it. */
const EMPTY = Buffer.alloc(5);
const BLOCK = { activations: { dtype: DataType.F32, shape: [2 ** 20], data: Buffer.alloc(2 ** 20) } };

/** A caller that speaks HTTP/2 itself, so that it can do what no gRPC library does. */
interface RawCaller {
  session: ClientHttp2Session;
  open(headers?: Record<string, string>): ClientHttp2Stream;
}

let setup: EchoSetup | undefined;
const sessions: ClientHttp2Session[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy();
  await setup?.close();
  setup = undefined;
});

async function call(): Promise<RawCaller> {
  const session = http2.connect(`http://${setup!.server.address}`);
  session.on('error', () => {});
  sessions.push(session);
  await new Promise((resolve) => session.once('connect', resolve));
  const open = (headers: Record<string, string> = {}) => {
    const method = { ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc', te: 'trailers' };
    const stream = session.request({ ...method, ...headers });
    stream.on('error', () => {});
    return stream;
  };
  return { session, open };
}

/** Serves a stream without end; `running` handlers have not ended yet. */
async function serveForever(options: Parameters<typeof serveEcho>[1] = {}) {
  const handlers = { running: 0, started: 0 };
  setup = await serveEcho(
    {
      async *streamBlocks() {
        handlers.started++;
        handlers.running++;
        try {
          for (;;) yield BLOCK;
        } finally {
          handlers.running--;
        }
      },
    },
    options,
  );
  return handlers;
}

/** Waits until `holds` is true; the test's own limit ends it otherwise. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Whether the server has handled everything that `caller` sent before: it answers a ping after it. */
async function settled({ session }: RawCaller): Promise<void> {
  await new Promise((resolve) => session.ping(resolve));
}

const logged = (reason: string) => setup!.logged.filter((line) => line.reason === reason);

describe('watchCalls', () => {
  test('starts no handler for a call whose deadline passed before its request was complete', async () => {
    const handlers = await serveForever();
    const caller = await call();
    const streams = Array.from({ length: 50 }, () => caller.open({ 'grpc-timeout': '1u' }));
    for (const stream of streams) stream.write(EMPTY);
    await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once('response', resolve))));
    for (const stream of streams) stream.end();
    await settled(caller);
    await setup!.client.getEcho({ texts: ['after'] });
    expect(handlers.started).toBe(0);
  });

  test.each(['cancelled', 'connection closed'])(
    'ends every handler whose caller is gone: %s',
    async (way) => {
      const handlers = await serveForever();
      const caller = await call();
      const streams = Array.from({ length: 50 }, (_, index) => {
        const stream = caller.open();
        stream.end(EMPTY);
        if (index % 2 === 0) stream.resume();
        return stream;
      });
      await until(() => handlers.running === 50);
      if (way === 'cancelled') for (const stream of streams) stream.close(http2.constants.NGHTTP2_CANCEL);
      else caller.session.destroy();
      await until(() => handlers.running === 0);
    },
  );

  test('ends the handler at the deadline of a caller that reads nothing', async () => {
    const handlers = await serveForever();
    const caller = await call();
    caller.open({ 'grpc-timeout': '300m' }).end(EMPTY);
    await until(() => handlers.started === 1 && handlers.running === 0);
    expect(logged('DEADLINE_EXCEEDED')).toHaveLength(1);
  });

  test('ends a call whose reader takes no message, says why, and cuts it off', async () => {
    const handlers = await serveForever({ limits: { idleMs: 300 } });
    const caller = await call();
    const stream = caller.open();
    stream.end(EMPTY);
    await until(() => handlers.started === 1 && handlers.running === 0);
    expect(logged('READER_TOO_SLOW')[0]).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      error: expect.stringContaining('is 300 ms behind in reading'),
    });
    await until(() => stream.destroyed);
    expect(stream.rstCode).toBe(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });

  test('tells a caller that reads again, with a typed error', async () => {
    const handlers = await serveForever({ limits: { idleMs: 1000 } });
    const blocks = setup!.client.streamBlocks({})[Symbol.asyncIterator]();
    await blocks.next();
    await until(() => handlers.running === 0);
    const read = async () => {
      while (!(await blocks.next()).done);
    };
    await expect(read()).rejects.toMatchObject({ kind: 'exhausted', reason: 'READER_TOO_SLOW' });
  });

  test('lets a stream live that has nothing to send for longer than the idle time', async () => {
    setup = await serveEcho(
      {
        async *streamBlocks() {
          yield { firstRow: 1 };
          await new Promise((resolve) => setTimeout(resolve, 2500));
          yield { firstRow: 2 };
        },
      },
      { limits: { idleMs: 2000 } },
    );
    const rows: number[] = [];
    for await (const { firstRow } of setup.client.streamBlocks({})) rows.push(firstRow);
    expect(rows).toEqual([1, 2]);
  });

  test('ends a call whose request is never completed', async () => {
    const handlers = await serveForever({ limits: { idleMs: 200 } });
    const caller = await call();
    const stream = caller.open();
    stream.write(EMPTY);
    const trailers = await new Promise<Record<string, unknown>>((resolve) =>
      stream.once('response', resolve),
    );
    expect(trailers).toMatchObject({ 'grpc-status': '8' });
    expect(handlers.started).toBe(0);
  });

  test('lets a handler end its call with an error of its own while the caller reads nothing', async () => {
    let ended = false;
    setup = await serveEcho({
      async *streamBlocks(_request, { end, requestId }) {
        try {
          for (let sent = 0; ; sent++) {
            if (sent === 5) setImmediate(() => end(new FacetError('aborted', `${requestId} is over`)));
            yield BLOCK;
          }
        } finally {
          ended = true;
        }
      },
    });
    const caller = await call();
    caller.open({ 'x-request-id': 'mine' }).end(EMPTY);
    await until(() => ended);
    await until(() => logged('ABORTED').length === 1);
    expect(logged('ABORTED')[0]).toMatchObject({ error: 'mine is over', requestId: 'mine', code: 'ABORTED' });
  });
});
