import { frame } from '../raw-call.ts';
import { type Battlefield, pathOf } from './battlefield.ts';
import { createDice } from './dice.ts';
import { allAbsurdFields, honestRequest, longLists, oneAbsurdField } from './requests.ts';

const RANDOM_MESSAGES = 200;
const ABSURD_ROUNDS = 48;
const LIST_LENGTHS = [257, 5000, 100_000];
const MIB = 2 ** 20;

/** Random bytes to every method, from one byte to a few kilobytes. */
export async function randomBytes({ methods, options, send, each }: Battlefield): Promise<void> {
  const dice = createDice(options.seed);
  const count = Math.ceil(RANDOM_MESSAGES * options.share);
  const messages = methods.flatMap((method) => Array.from({ length: count }, () => ({ method })));
  await each(messages, ({ method }) =>
    send(method, dice.bytes(dice.below(2 ** (1 + dice.below(12)))), 'random bytes'),
  );
}

/** Honest requests with one absurd field, over all fields and values of all methods. */
export async function absurdFields({ methods, options, target, send, each }: Battlefield): Promise<void> {
  const dice = createDice(options.seed);
  for (const method of methods) {
    const requests = oneAbsurdField(method.input, target.world(method));
    await each(requests, async ({ what, bytes, always }) => {
      if (always || dice.share() < options.share) await send(method, bytes, what);
    });
  }
}

/** Requests in which every field is absurd. */
export async function absurdRequests({ methods, options, send, each }: Battlefield): Promise<void> {
  const rounds = Math.ceil(ABSURD_ROUNDS * options.share);
  for (const method of methods)
    await each(allAbsurdFields(method.input, rounds), ({ what, bytes }) => send(method, bytes, what));
}

/** Messages as large as the limit and larger, long lists, deep nesting. */
export async function hugeMessages({ methods, options, target, send, each }: Battlefield): Promise<void> {
  const lengths = options.share < 1 ? LIST_LENGTHS.slice(0, 2) : LIST_LENGTHS;
  for (const method of methods) {
    const world = target.world(method);
    for (const length of lengths) {
      const { what, bytes } = longLists(method.input, world, length);
      if (bytes.byteLength < 16 * MIB) await send(method, bytes, what);
    }
    await send(method, nested(20_000), 'groups 20,000 deep');
    await send(method, text(1, 3.9 * MIB), 'a first field of 3.9 MiB');
  }
  const [method] = methods;
  if (method === undefined) return;
  await each(
    [4 * MIB, 5 * MIB, 12 * MIB],
    (size) => send(method, text(1, size), `a message of ${size} bytes`),
    3,
  );
}

/** Frames that lie about their length or compression, missing and doubled messages, strange headers. */
export async function brokenFrames({ methods, target, call, each }: Battlefield): Promise<void> {
  await each(methods, async (method) => {
    const path = pathOf(method);
    const honest = honestRequest(method.input, target.world(method));
    const gzip = { 'grpc-encoding': 'gzip' };
    await call({ path }, 'no message');
    await call({ path, body: frame(honest, { length: honest.byteLength + 7 }) }, 'a length beyond the end');
    await call({ path, body: frame(honest, { length: 2 ** 32 - 1 }) }, 'a length of 4 GiB');
    await call({ path, body: frame(honest, { compressed: 1 }) }, 'a compressed flag without an encoding');
    await call({ path, headers: gzip, body: frame(honest, { compressed: 1 }) }, 'no gzip');
    await call(
      { path, headers: { 'grpc-encoding': 'br' }, body: frame(honest, { compressed: 7 }) },
      'another encoding',
    );
    await call({ path, body: Buffer.concat([frame(honest), frame(honest)]) }, 'two messages');
    for (const timeout of ['', 'x', '-1S', '1', '99999999999S', '0n'])
      await call(
        { path, headers: { 'grpc-timeout': timeout }, body: frame(honest) },
        `a timeout of ${JSON.stringify(timeout)}`,
      );
  });
}

/** Groups within groups, as deep as asked: unknown fields that a decoder has to skip. */
function nested(depth: number): Uint8Array {
  const START_GROUP_500 = [0xa3, 0x1f];
  return Buffer.from(Array.from({ length: depth }, () => START_GROUP_500).flat());
}

/** One length-delimited field. */
function text(number: number, bytes: number): Uint8Array {
  const size = Math.floor(bytes);
  const length: number[] = [];
  for (let left = size; ; left = Math.floor(left / 128)) {
    length.push((left % 128) | (left >= 128 ? 128 : 0));
    if (left < 128) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), Buffer.alloc(size, 'x')]);
}
