import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { decodedBody } from './request-body.ts';

function message(encoding: string | undefined, body: Uint8Array): IncomingMessage {
  const headers = encoding === undefined ? {} : { 'content-encoding': encoding };
  return Object.assign(new PassThrough().end(body), { headers }) as unknown as IncomingMessage;
}

describe('decodedBody', () => {
  test('unpacks what the header names', async () => {
    const text = Buffer.from('SELECT 1');
    for (const [encoding, body] of [
      [undefined, text],
      ['identity', text],
      ['gzip', gzipSync(text)],
    ] as const)
      expect(Buffer.concat(await decodedBody(message(encoding, body)).toArray()).toString()).toBe('SELECT 1');
  });

  test.each(['zstd', 'gzip, gzip', '', 'constructor', '__proto__', 'toString'])('refuses %j', (encoding) => {
    expect(() => decodedBody(message(encoding, Buffer.from('SELECT 1')))).toThrow(/NOT_IMPLEMENTED/);
  });

  test('throws nothing where nobody reads what cannot be unpacked', async () => {
    const lost: unknown[] = [];
    const listener = (error: unknown) => lost.push(error);
    process.on('uncaughtException', listener);
    const body = decodedBody(message('gzip', Buffer.from('no gzip')));
    while (body.errored === null) await delay(1);
    await delay(1);
    process.off('uncaughtException', listener);
    expect(lost).toEqual([]);
  });
});
