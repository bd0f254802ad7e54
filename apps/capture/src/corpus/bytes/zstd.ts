import xxhash from 'xxhash-wasm';
import { createZstdThread, ZstdError, type ZstdThread } from './zstd-thread.ts';

/** A block of zstd unpacks into at most this much (RFC 8878, 3.1.1.2.4). */
const MAX_BLOCK_BYTES = 128 * 1024;
const MAGIC = 0xfd2fb528;
/** The magic numbers of frames that hold no data differ in their last four bits. */
const SKIPPABLE = 0x184d2a5;
/** Bytes that say how large the content is, by the flag of the frame header. */
const SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_BYTES = [0, 1, 2, 4];
/** A block of one repeated byte is stored as that byte. */
const RLE = 1;

/**
 * Unpacks zstd, frame after frame and block by block, so that memory stays bounded whatever a file claims; the checksums that
 * fzstd leaves out (xxh64 of a frame's content, RFC 8878, 3.1.1) are compared. Throws ZstdError.
 */
export async function* unpackZstd(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = createSource(packed);
  const { create64 } = await xxhash();
  const thread = createZstdThread();
  try {
    while (!(await source.ended())) {
      const magic = await source.take(4);
      const number = uint32(magic);
      if (number === MAGIC) yield* frame({ source, thread, hash: create64() }, magic);
      else if (number >>> 4 === SKIPPABLE) await skip(source, uint32(await source.take(4)));
      else throw new ZstdError('something follows that is no frame');
    }
  } finally {
    await thread.close();
  }
}

type Hash = ReturnType<Awaited<ReturnType<typeof xxhash>>['create64']>;

interface Unpacking {
  source: Source;
  thread: ZstdThread;
  /** Of what the frame unpacks into. */
  hash: Hash;
}

async function* frame({ source, thread, hash }: Unpacking, magic: Uint8Array): AsyncGenerator<Uint8Array> {
  const push = async function* (bytes: Uint8Array, isFirst: boolean, isLast: boolean) {
    for (const chunk of await thread.unpack({ bytes, isFirst, isLast })) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const descriptor = await source.take(1);
  const flags = descriptor[0]!;
  const rest = await source.take(headerBytes(flags));
  requireWindow(flags, rest);
  yield* push(Buffer.concat([magic, descriptor, rest]), true, false);
  const hasChecksum = (flags & 4) !== 0;
  for (let isLast = false; !isLast; ) {
    const header = await source.take(3);
    const word = header[0]! | (header[1]! << 8) | (header[2]! << 16);
    isLast = (word & 1) !== 0;
    const size = word >>> 3;
    if (size > MAX_BLOCK_BYTES) throw new ZstdError(`a block of ${size} bytes`);
    const content = await source.take(((word >>> 1) & 3) === RLE ? 1 : size);
    yield* push(Buffer.concat([header, content]), false, isLast && !hasChecksum);
  }
  if (!hasChecksum) return;
  const checksum = await source.take(4);
  yield* push(checksum, false, true);
  if (Number(hash.digest() & 0xffffffffn) !== uint32(checksum)) throw new ZstdError('a checksum is wrong');
}

/** Bytes of a frame header behind its descriptor. */
function headerBytes(flags: number): number {
  return (isSingle(flags) ? 0 : 1) + DICTIONARY_BYTES[flags & 3]! + sizeBytes(flags);
}

function isSingle(flags: number): boolean {
  return (flags & 0x20) !== 0;
}

function sizeBytes(flags: number): number {
  return flags >>> 6 === 0 && isSingle(flags) ? 1 : SIZE_BYTES[flags >>> 6]!;
}

/** Largest window that is unpacked with: what zstd itself takes without being told to. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024;

/** The window is memory: of a single segment it is the whole content. */
function requireWindow(flags: number, rest: Uint8Array): void {
  const content = rest.subarray(rest.byteLength - sizeBytes(flags));
  const size = content.reduceRight((sum, byte) => sum * 256 + byte, 0);
  const base = 2 ** (10 + (rest[0]! >>> 3));
  const window = isSingle(flags) ? size : base + (base / 8) * (rest[0]! & 7);
  if (window > MAX_WINDOW_BYTES)
    throw new ZstdError(`a window of ${window} bytes; the limit is ${MAX_WINDOW_BYTES}`);
}

/** Bytes that come in chunks, taken in other numbers. */
interface Source {
  /** Takes exactly `count` bytes. */
  take(count: number): Promise<Uint8Array>;
  ended(): Promise<boolean>;
}

function createSource(packed: AsyncIterable<Uint8Array>): Source {
  const chunks = packed[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  const fill = async (count: number): Promise<boolean> => {
    while (rest.byteLength < count) {
      const { value, done } = await chunks.next();
      if (done) return false;
      rest = rest.byteLength === 0 ? value : Buffer.concat([rest, value]);
    }
    return true;
  };
  return {
    async take(count) {
      if (!(await fill(count))) throw new ZstdError('it ends inside a frame');
      const bytes = rest.subarray(0, count);
      rest = rest.subarray(count);
      return bytes;
    },
    ended: async () => !(await fill(1)),
  };
}

/** Reads over `count` bytes, a part at a time. */
async function skip(source: Source, count: number): Promise<void> {
  for (let left = count; left > 0; left -= MAX_BLOCK_BYTES)
    await source.take(Math.min(left, MAX_BLOCK_BYTES));
}

function uint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
