import { connect as connectSocket, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DescMethod } from '@facet/contracts';
import { answerOf, beginRaw, frame, openRaw } from '../raw-call.ts';
import { type Battlefield, pathOf } from './battlefield.ts';
import { createDice } from './dice.ts';
import { honestRequest } from './requests.ts';

const SHORT_CALLS = 1000;
const CANCEL_WITHIN_MS = 20;
const ABANDONED_STREAMS = 500;
const ABANDONED_CONNECTIONS = 10;
const UNREAD_STREAMS = 16;
const CUT_CONNECTIONS = 40;
/** How long readers that do not read stay while honest callers want to be served. */
const UNREAD_MS = 2_000;

/** Metadata of every size: large values, many keys, bytes that are no base64. */
export async function metadataFloods({ methods, target, call, each }: Battlefield): Promise<void> {
  const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`x-${i}`, 'v']));
  const floods: Readonly<Record<string, Record<string, string>>> = {
    '9 KB in one value': { 'x-flood': 'a'.repeat(9_000) },
    '60 KB in one value': { 'x-flood': 'a'.repeat(60_000) },
    '100 keys': many(100),
    '1000 keys': many(1000),
    'no base64': { 'x-flood-bin': '!'.repeat(100) },
    'a strange request id': { 'x-request-id': '../../etc/passwd\u00e9' },
    'a long request id': { 'x-request-id': 'r'.repeat(5000) },
  };
  await each(methods, async (method) => {
    const body = frame(honestRequest(method.input, target.world(method)));
    for (const [what, headers] of Object.entries(floods))
      await call({ path: pathOf(method), headers, body }, what);
  });
}

/** Honest calls whose callers give them 1 ms. */
export async function shortDeadlines(field: Battlefield): Promise<void> {
  const headers = { 'grpc-timeout': '1m' };
  await field.each(
    honestCalls(field, Math.ceil(SHORT_CALLS * field.options.share)),
    ({ path, body }) => field.call({ path, headers, body }, '1 ms'),
    64,
  );
}

/** Honest calls that are cancelled within 20 ms, some before their request is complete. */
export async function cancelStorms(field: Battlefield): Promise<void> {
  const dice = createDice(field.options.seed);
  await field.each(
    honestCalls(field, Math.ceil(SHORT_CALLS * field.options.share)),
    async ({ path, body }, i) => {
      field.counts.sent += 1;
      const stream = beginRaw(field.session(i), { path });
      const closed = new Promise((resolve) => stream.once('close', resolve));
      if (dice.share() < 0.7) stream.write(body);
      if (dice.share() < 0.7) stream.end();
      await sleep(dice.below(CANCEL_WITHIN_MS));
      stream.close(CANCEL);
      // A stream that was answered before it was cancelled closes only once its answer is taken.
      stream.resume();
      await closed;
    },
    64,
  );
}

/** HTTP/2's CANCEL. */
const CANCEL = 8;

/** Hundreds of streams on ten connections, every other one never read; then the connections are cut. */
export async function abandonedStreams(field: Battlefield): Promise<void> {
  const sessions = Array.from({ length: ABANDONED_CONNECTIONS }, () => openRaw(field.target.address));
  // The short form has enough of them to fill every place of a service and its queue.
  const count = Math.ceil(ABANDONED_STREAMS * Math.max(0.3, field.options.share));
  const calls = [...honestCalls(field, count, (method) => method.methodKind === 'server_streaming')];
  for (const [i, { path, body }] of calls.entries()) {
    field.counts.sent += 1;
    const stream = beginRaw(sessions[i % sessions.length]!, { path });
    stream.end(body);
    if (i % 2 === 0) stream.resume();
  }
  await sleep(500);
  for (const session of sessions) session.destroy();
}

/** Callers that ask for streams and do not read, and stay while others want to be served. */
export async function unreadStreams(field: Battlefield): Promise<void> {
  const session = openRaw(field.target.address);
  // A window of nothing: the server cannot send a byte of data.
  session.settings({ initialWindowSize: 0 });
  const calls = [...honestCalls(field, UNREAD_STREAMS, (method) => method.methodKind === 'server_streaming')];
  for (const { path, body } of calls) {
    field.counts.sent += 1;
    beginRaw(session, { path }).end(body);
  }
  await sleep(UNREAD_MS);
  await field.target.honest();
  session.destroy();
}

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const SETTINGS = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

/** Sockets that speak no HTTP/2, half of it, or too much of it, and connections cut in the middle of a request. */
export async function cutConnections(field: Battlefield): Promise<void> {
  const dice = createDice(field.options.seed);
  const headers = (length: number) => Buffer.from([0, 0, length, 1, 4, 0, 0, 0, 1]);
  const openings: readonly Buffer[] = [
    Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    Buffer.from([0x16, 3, 1, 2, 0]),
    PREFACE.subarray(0, 10),
    PREFACE,
    Buffer.concat([PREFACE, SETTINGS, headers(200)]),
    Buffer.concat([PREFACE, SETTINGS, headers(40), Buffer.from(dice.bytes(40))]),
    Buffer.concat([PREFACE, SETTINGS, Buffer.from(dice.bytes(2000))]),
    Buffer.concat([PREFACE, ...Array.from({ length: 2000 }, () => SETTINGS)]),
    Buffer.concat([PREFACE, SETTINGS, Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1])]),
  ];
  await field.each(Array.from({ length: CUT_CONNECTIONS }), async (_, i) => {
    field.counts.sent += 1;
    const socket = await openSocket(field.target.address);
    socket.write(openings[i % openings.length]!);
    await sleep(dice.below(50));
    socket.destroy();
  });
  await field.each(honestCalls(field, CUT_CONNECTIONS), async ({ path, body }) => {
    field.counts.sent += 1;
    const session = openRaw(field.target.address);
    const stream = beginRaw(session, { path });
    const answer = answerOf(stream);
    stream.write(body.subarray(0, dice.below(body.byteLength + 1)));
    await sleep(dice.below(30));
    session.destroy();
    await answer;
  });
}

function openSocket(address: string): Promise<Socket> {
  const [host, port] = address.split(':');
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: host!, port: Number(port) });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
    socket.on('error', () => {});
    socket.resume();
  });
}

/** `count` honest calls, taken from the methods in turn. */
function* honestCalls(
  { methods, target }: Battlefield,
  count: number,
  wanted: (method: DescMethod) => boolean = () => true,
): Generator<{ path: string; body: Buffer }> {
  const chosen = methods.filter(wanted);
  const calls = chosen.map((method) => ({
    path: pathOf(method),
    body: frame(honestRequest(method.input, target.world(method))),
  }));
  if (calls.length === 0) return;
  for (let i = 0; i < count; i += 1) yield calls[i % calls.length]!;
}
