import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { raise } from '../exceptions.ts';
import { MAX_QUERY_BYTES } from '../limits.ts';

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

/** Returns the body of a request, decompressed as its Content-Encoding says. */
export function decodedBody(message: IncomingMessage): Readable {
  const encoding = message.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return message;
  if (!Object.hasOwn(DECODERS, encoding))
    throw raise(48, `Content-Encoding ${encoding} is not supported; use gzip, deflate or br.`);
  const decoder = DECODERS[encoding as keyof typeof DECODERS]();
  // Whoever reads is told; where the request is refused before, nobody does.
  decoder.on('error', () => {});
  message.on('error', (error) => decoder.destroy(error));
  message.pipe(decoder);
  return decoder;
}

/** Reads up to `bytes` from a stream; returns them and a stream of what follows. */
export async function readHead(body: Readable, bytes: number): Promise<{ head: Buffer; rest: Readable }> {
  const chunks: Buffer[] = [];
  let length = 0;
  const source = body[Symbol.asyncIterator]();
  while (length < bytes) {
    const { value, done } = await source.next();
    if (done) return { head: Buffer.concat(chunks), rest: Readable.from([]) };
    chunks.push(value);
    length += value.length;
  }
  return { head: Buffer.concat(chunks), rest: Readable.from(iterate(source), { objectMode: false }) };
}

async function* iterate(source: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
}

/** Reads the rest of an SQL text behind `head`; throws QUERY_IS_TOO_LARGE above the limit and for text not UTF-8. */
export async function readSql(head: Buffer, rest: Readable): Promise<string> {
  const chunks = [head];
  let length = head.length;
  for await (const chunk of rest) {
    length += chunk.length;
    if (length > MAX_QUERY_BYTES) {
      throw raise(
        162,
        `The query is longer than ${MAX_QUERY_BYTES} bytes; send rows as the body of INSERT … FORMAT.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Rows of an INSERT, kept in a file that the engine reads at its own pace. */
export interface Upload {
  path: string;
  bytes: number;
  remove(): Promise<void>;
}

/** Writes the rows of an INSERT to a file under `directory`, at most `maxBytes`; nothing is left behind on failure. */
export async function spoolUpload(
  directory: string,
  parts: { head: Buffer; rest: Readable; maxBytes: number },
): Promise<Upload> {
  const path = join(directory, `${randomUUID()}.rows`);
  const remove = () => rm(path, { force: true });
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > parts.maxBytes ? tooLarge(parts.maxBytes) : null, chunk);
    },
  });
  try {
    count.write(parts.head);
    await pipeline(parts.rest, count, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    await remove();
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC'
      ? raise(243, `No space left in ${directory} for the rows of an INSERT.`, { cause: error })
      : error;
  }
  return { path, bytes, remove };
}

function tooLarge(maxBytes: number): Error {
  return raise(162, `The rows of one INSERT exceed ${maxBytes} bytes; send them as several INSERTs.`);
}
