import type { ClientHttp2Session } from 'node:http2';
import { TextInputs } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { Status } from 'nice-grpc-common';
import { answerOf, beginRaw, callRaw, frame, openRaw } from '../testing/raw-call.ts';
import { type EchoImplementation, type EchoSetup, serveEcho } from '../testing/serve-echo.ts';

const GET = '/facet.test.v1.EchoService/GetEcho';
const STREAM = '/facet.test.v1.EchoService/StreamBlocks';
const BANG = '\u{1F4A5}';
/** What clients other than ours accept as headers in all: grpc-core's soft limit. */
const MAX_TRAILER_BYTES = 8192;
const request = frame(TextInputs.encode({ texts: ['a'] }).finish());

interface OddCall {
  path: string;
  headers?: Record<string, string>;
  compressed?: 0 | 1;
}

let setup: EchoSetup;
let session: ClientHttp2Session;

async function start(overrides: Partial<EchoImplementation> = {}) {
  setup = await serveEcho(overrides);
  session = openRaw(setup.server.address);
}

afterEach(async () => {
  session.destroy();
  await setup.close();
});

async function failWith(message: string, metadata: Record<string, string> = {}) {
  await start({
    getEcho: async () => {
      throw new FacetError('invalid', message, { field: 'texts', metadata });
    },
  });
  const answer = await callRaw(session, { path: GET, body: request });
  await expect(setup.client.createEcho({ texts: ['alive'] })).resolves.toEqual({ texts: ['alive'] });
  return answer;
}

describe('a status', () => {
  test.each([
    ['a pair is cut', BANG.repeat(5000)],
    ['a pair is cut, one further', `a${BANG.repeat(5000)}`],
    ['a high half stands alone', 'a\uD83Db'],
    ['a low half stands alone', '\uDCA5'],
    ['every character needs nine bytes of a header', '\u6F22'.repeat(5000)],
    ['it holds control characters', '\u0000\r\n\u007F'],
    ['it is empty', ''],
  ])('is sent where %s', async (_, text) => {
    const answer = await failWith(text, { quoted: text });
    expect(answer.status).toBe(Status.INVALID_ARGUMENT);
    expect(answer.message).not.toMatch(/\p{Surrogate}/u);
    expect(answer.trailerBytes).toBeLessThan(MAX_TRAILER_BYTES);
  });

  test('says INVALID_ARGUMENT where grpc-js says INTERNAL for what the caller sent', async () => {
    await start();
    const gzip = { 'grpc-encoding': 'gzip' };
    const broken = [
      { path: GET, headers: { 'grpc-timeout': 'soon' }, body: request },
      { path: GET, headers: gzip, body: frame(Buffer.from('not gzip'), { compressed: 1 }) },
      {
        path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
        body: frame(Buffer.from([0x0a, 0xff])),
      },
    ];
    await setup.close();
    setup = await serveEcho({}, { reflection: true });
    session = openRaw(setup.server.address);
    for (const call of broken)
      expect(await callRaw(session, call)).toMatchObject({ status: Status.INVALID_ARGUMENT });
  });
});

describe('a status that grpc-js makes itself', () => {
  const long = 'y'.repeat(3000);
  test.each<[string, OddCall]>([
    ['the name of a method', { path: `/facet.test.v1.EchoService/${long}` }],
    ['the name of a service', { path: `/${long}/GetEcho` }],
    ['a deadline', { path: GET, headers: { 'grpc-timeout': long } }],
    ['a name of odd bytes', { path: `/\u0080\u00ff%${long}` }],
    ['an encoding', { path: GET, headers: { 'grpc-encoding': long }, compressed: 1 }],
  ])('repeats at most 200 characters of %s', async (_, { compressed = 0, ...call }) => {
    await start();
    const body = frame(TextInputs.encode({ texts: ['a'] }).finish(), { compressed });
    const { status, message } = await callRaw(session, { ...call, body });
    expect([Status.UNIMPLEMENTED, Status.INVALID_ARGUMENT]).toContain(status);
    expect(message.replaceAll(/[^y]/g, '').length).toBeLessThanOrEqual(200);
    expect(message.length).toBeLessThanOrEqual(300);
  });
});

describe('a call that ended before its request was complete', () => {
  test('is not begun', async () => {
    const begun: string[] = [];
    await start({
      async *streamBlocks({ texts }) {
        begun.push(texts[0]!);
        yield { firstRow: 0 };
      },
    });
    const late = beginRaw(session, { path: STREAM, headers: { 'grpc-timeout': '1m' } });
    const answer = answerOf(late);
    late.write(request);
    await new Promise((resolve) => late.once('response', resolve));
    late.end();
    expect((await answer).status).toBe(Status.DEADLINE_EXCEEDED);
    for await (const _ of setup.client.streamBlocks({ texts: ['next'] })) break;
    expect(begun).toEqual(['next']);
  });
});
