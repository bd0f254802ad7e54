import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FacetError } from '@facet/errors';
import fc from 'fast-check';
import { type Compression, readBytes } from './corpus-bytes.ts';
import { openCorpus } from './corpus-file.ts';
import { decodeText, type Encoding, type TextPiece } from './corpus-text.ts';
import { firstInvalidByte, wholeCharacters } from './utf8.ts';

const PIECE = 65_536;
/** `printf 'hello\n' | zstd`, without its checksum and with it. */
const ZSTD_UNCHECKED = 'KLUv/QBYMQAAaGVsbG8K';
/** A sentence forty times, and some letters, with a checksum. */
const ZSTD_FOX =
  'KLUv/QRovQIAEkUTGHDLA0BSod3AJrWw8ev0dyTS/xcPpf/hBRH0OM1mdMb3baVTRvhcY0slJUEOoyAGIXDgPXMoStQbZDy35l3fuqU/79w6n5XPFTf2BpcBAMUW/qoMNNuNtA==';
const ZSTD_HELLO = 'KLUv/QRYMQAAaGVsbG8KU4i9kQ==';
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-corpus-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Shape {
  encoding?: Encoding;
  compression?: Compression;
}

async function pieces(
  content: Uint8Array | string,
  { encoding = 'UTF-8', compression = 'none' }: Shape = {},
) {
  const path = join(folder, 'corpus.txt');
  await writeFile(path, content);
  const found: TextPiece[] = [];
  const corpus = await openCorpus(path, [folder]);
  await using _ = corpus.file;
  const bytes = readBytes(corpus, compression, new AbortController().signal);
  for await (const piece of decodeText(bytes, { shown: corpus.shown, encoding })) found.push(piece);
  return found;
}

const textOf = (found: readonly TextPiece[]) => found.map(({ text }) => text).join('');

describe('decodeText of readBytes', () => {
  test('gives all text and all bytes, whatever characters lie at the borders of pieces', async () => {
    for (let shift = 0; shift < 4; shift++) {
      const content = `${'x'.repeat(PIECE - 4 + shift)}👋é日${'y'.repeat(PIECE)}`;
      const found = await pieces(content);
      expect(textOf(found)).toBe(content);
      expect(Buffer.concat(found.map(({ bytes }) => bytes)).toString()).toBe(content);
      expect(found.length).toBeGreaterThan(1);
    }
  });

  test('gives nothing for an empty file and drops a byte order mark', async () => {
    expect(await pieces('')).toEqual([]);
    expect((await pieces('\uFEFFa\uFEFFb')).map(({ text }) => text)).toEqual(['a\uFEFFb']);
  });

  test.each([
    ['a lone continuation byte', Buffer.from([0x61, 0x80]), 1, '80'],
    ['Latin-1', Buffer.from('caf\xe9 au lait', 'latin1'), 3, 'E9'],
    ['a cut character at the end', Buffer.from('ab👋').subarray(0, -1), 2, 'F0'],
    ['a surrogate', Buffer.from([0xed, 0xa0, 0x80]), 0, 'ED'],
    ['an overlong form', Buffer.from([0x20, 0xc0, 0xaf]), 1, 'C0'],
  ])('names the byte of %s', async (_, content, offset, value) => {
    await expect(pieces(content)).rejects.toMatchObject({
      kind: 'invalid',
      reason: 'CORPUS_NOT_UTF8',
      message: expect.stringContaining(`is not UTF-8: byte ${offset} is 0x${value}`),
    });
  });

  test('counts bytes from the start of the file, not of the piece', async () => {
    const content = Buffer.concat([Buffer.from('é'.repeat(PIECE)), Buffer.from([0xff])]);
    await expect(pieces(content)).rejects.toThrow(`byte ${2 * PIECE} is 0xFF`);
  });

  test('stops when told to', async () => {
    const path = join(folder, 'corpus.txt');
    await writeFile(path, 'x');
    const corpus = await openCorpus(path, [folder]);
    await using _ = corpus.file;
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(readBytes(corpus, 'none', signal).next()).rejects.toThrow('stopped');
  });
});

describe('firstInvalidByte and wholeCharacters', () => {
  test('agree with what was written, at any cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 8 }), fc.nat(30), (text, cut) => {
        const all = Buffer.from(text);
        const part = all.subarray(0, Math.min(cut, all.length));
        const whole = wholeCharacters(part);
        expect(part.length - whole).toBeLessThan(4);
        expect(firstInvalidByte(part.subarray(0, whole))).toBeUndefined();
        expect(firstInvalidByte(part)).toBe(whole === part.length ? undefined : whole);
      }),
      { seed: 23, numRuns: 1000 },
    );
  });
});

describe('decodeText', () => {
  const utf16 = (text: string, encoding: Encoding) => {
    const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
    return encoding === 'UTF-16BE' ? bytes.swap16() : bytes;
  };

  test.each(['UTF-16LE', 'UTF-16BE'] as const)(
    'reads %s, whatever lies at the borders of pieces',
    async (encoding) => {
      for (let shift = 0; shift < 3; shift++) {
        const content = `${'x'.repeat(PIECE / 2 - 3 + shift)}👋é日\n${'y'.repeat(PIECE)}`;
        const found = await pieces(utf16(content, encoding), { encoding });
        expect(textOf(found)).toBe(content);
        expect(Buffer.concat(found.map(({ bytes }) => bytes))).toEqual(utf16(content, encoding));
      }
    },
  );

  test.each<[string, Uint8Array, Encoding, RegExp]>([
    ['a NUL', Buffer.from('ab\nc\0d'), 'UTF-8', /byte 4 is NUL, in line 2; convert/],
    [
      'UTF-16LE without a mark',
      Buffer.from('some text', 'utf16le'),
      'UTF-8',
      /byte 1 is NUL.*looks like UTF-16LE/,
    ],
    [
      'UTF-16BE without a mark',
      Buffer.from('some text', 'utf16le').swap16(),
      'UTF-8',
      /byte 0 is NUL.*looks like UTF-16BE/,
    ],
    ['Latin-1 in a later line', Buffer.from('a\nb\ncaf\xe9', 'latin1'), 'UTF-8', /byte 7 is 0xE9, in line 3/],
    [
      'a lone half in UTF-16',
      Buffer.from('\uFEFFa\n\uD83Db', 'utf16le'),
      'UTF-16LE',
      /half a character at byte 6, in line 2/,
    ],
    [
      'an odd byte in UTF-16',
      Buffer.from('\uFEFFab\0', 'utf16le').subarray(0, 7),
      'UTF-16LE',
      /half a character at byte 6/,
    ],
    ['NUL in UTF-16', Buffer.from('\uFEFFa\n\0', 'utf16le'), 'UTF-16LE', /byte 6 is NUL, in line 2/],
  ])('names byte and line of %s', async (_, content, encoding, message) => {
    await expect(pieces(content, { encoding })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(message),
    });
  });

  test('counts lines over the borders of pieces', async () => {
    const content = Buffer.concat([Buffer.from('x\n'.repeat(PIECE)), Buffer.from([0x79, 0])]);
    await expect(pieces(content)).rejects.toThrow(`byte ${2 * PIECE + 1} is NUL, in line ${PIECE + 1}`);
  });
});

describe('readBytes', () => {
  const content = Array.from({ length: 40_000 }, (_, i) => `line ${i} of it\n`).join('');

  test('gives the same pieces of a packed file as of the file itself', async () => {
    const plain = await pieces(content);
    const packed = await pieces(gzipSync(content), { compression: 'gzip' });
    expect(packed.map(({ bytes }) => bytes.length)).toEqual(plain.map(({ bytes }) => bytes.length));
    expect(textOf(packed)).toBe(content);
    const halves = [gzipSync(content.slice(0, 100_001)), gzipSync(content.slice(100_001))];
    expect(textOf(await pieces(Buffer.concat(halves), { compression: 'gzip' }))).toBe(content);
  });

  test('reads over zeros behind gzip, as tapes have them', async () => {
    const padded = Buffer.concat([gzipSync('one'), Buffer.alloc(3 * PIECE)]);
    expect(textOf(await pieces(padded, { compression: 'gzip' }))).toBe('one');
  });

  test('gives one frame of zstd and several', async () => {
    const zstd = Buffer.from(ZSTD_HELLO, 'base64');
    expect(textOf(await pieces(zstd, { compression: 'zstd' }))).toBe('hello\n');
    expect(textOf(await pieces(Buffer.concat([zstd, zstd]), { compression: 'zstd' }))).toBe('hello\nhello\n');
  });

  test('reads over skippable frames, and frames without a checksum', async () => {
    const skippable = Buffer.concat([Buffer.from('502a4d1805000000', 'hex'), Buffer.from('12345')]);
    const unchecked = Buffer.from(ZSTD_UNCHECKED, 'base64');
    const all = Buffer.concat([skippable, unchecked, Buffer.from(ZSTD_HELLO, 'base64'), skippable]);
    expect(textOf(await pieces(all, { compression: 'zstd' }))).toBe('hello\nhello\n');
  });

  test('refuses flipped bits of a frame with a checksum, or gives the same text', async () => {
    const zstd = Buffer.from(ZSTD_FOX, 'base64');
    const text = textOf(await pieces(zstd, { compression: 'zstd' }));
    let refused = 0;
    // Bits of the text that is stored as it is, and of the checksum.
    for (let bit = 8 * 60; bit < 8 * zstd.length; bit += 29) {
      const damaged = Buffer.from(zstd);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const found = await pieces(damaged, { compression: 'zstd' }).then(textOf, (error: FacetError) => error);
      if (found === text) continue;
      expect(found).toMatchObject({ kind: 'invalid', reason: 'CORPUS_DAMAGED' });
      refused++;
    }
    expect(refused).toBeGreaterThan(3);
  }, 300_000);

  test.each<[string, Uint8Array, Compression]>([
    [
      'zstd with something behind it',
      Buffer.concat([Buffer.from(ZSTD_HELLO, 'base64'), Buffer.from('more')]),
      'zstd',
    ],
    ['a window of 2 GiB', Buffer.from('28b52ffd00a8010000', 'hex'), 'zstd'],
    ['a block that claims more than a block holds', Buffer.from('28b52ffd0058fdffff', 'hex'), 'zstd'],
    [
      'gzip with something behind its padding',
      Buffer.concat([gzipSync('one'), Buffer.alloc(512), gzipSync('two')]),
      'gzip',
    ],
    ['gzip that is cut', gzipSync(content).subarray(0, -20), 'gzip'],
    ['gzip with a flipped bit', flipped(gzipSync(content)), 'gzip'],
    ['zstd that is cut', Buffer.from(ZSTD_HELLO, 'base64').subarray(0, -7), 'zstd'],
    ['no zstd behind its first bytes', Buffer.from('28b52ffdffffffffffffffff', 'hex'), 'zstd'],
  ])('refuses %s', async (_, bytes, compression) => {
    await expect(pieces(bytes, { compression })).rejects.toMatchObject({
      kind: 'invalid',
      reason: 'CORPUS_DAMAGED',
      message: expect.stringContaining(`is damaged ${compression}`),
    });
  });

  test('leaves a packed file when its reader goes, or is told to stop', async () => {
    const path = join(folder, 'a.gz');
    await writeFile(path, gzipSync(content));
    const corpus = await openCorpus(path, [folder]);
    await using _ = corpus.file;
    const stopping = new AbortController();
    for await (const piece of readBytes(corpus, 'gzip', stopping.signal)) {
      expect(piece.length).toBe(PIECE);
      break;
    }
    const reader = readBytes(corpus, 'gzip', stopping.signal);
    await reader.next();
    stopping.abort(new Error('stopped'));
    const rest = async () => {
      for await (const _ of reader);
    };
    await expect(rest()).rejects.toThrow('stopped');
  });
});

function flipped(bytes: Buffer): Buffer {
  const damaged = Buffer.from(bytes);
  damaged[damaged.length >> 1]! ^= 0x10;
  return damaged;
}
