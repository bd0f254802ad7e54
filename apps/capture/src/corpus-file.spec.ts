import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { openCorpus, readTextPieces } from './corpus-file.ts';
import { firstInvalidByte, wholeCharacters } from './utf8.ts';

const PIECE = 65_536;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-corpus-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function pieces(content: Uint8Array | string) {
  const path = join(folder, 'corpus.txt');
  await writeFile(path, content);
  const found: { text: string; bytes: Uint8Array }[] = [];
  const corpus = await openCorpus(path, [folder]);
  await using _ = corpus.file;
  for await (const piece of readTextPieces(corpus, new AbortController().signal)) found.push(piece);
  return found;
}

describe('readTextPieces', () => {
  test('gives all text and all bytes, whatever characters lie at the borders of pieces', async () => {
    for (let shift = 0; shift < 4; shift++) {
      const content = `${'x'.repeat(PIECE - 4 + shift)}👋é日${'y'.repeat(PIECE)}`;
      const found = await pieces(content);
      expect(found.map(({ text }) => text).join('')).toBe(content);
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
    await expect(readTextPieces(corpus, signal).next()).rejects.toThrow('stopped');
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

describe('openCorpus', () => {
  async function text(uri: string, roots: readonly string[]): Promise<string> {
    const { file } = await openCorpus(uri, roots);
    await using _ = file;
    return file.readFile('utf8');
  }

  test('takes absolute paths and file URLs', async () => {
    const path = join(folder, 'a b.txt');
    await writeFile(path, 'x');
    expect(await text(path, ['/'])).toBe('x');
    expect(await text(pathToFileURL(path).href, [join(folder, 'other'), folder])).toBe('x');
  });

  test.each(['corpus.txt', './x', 'https://host/x', 'file://host/x', ''])('refuses %j', async (uri) => {
    await expect(openCorpus(uri, ['/'])).rejects.toMatchObject({
      kind: 'invalid',
      reason: 'CORPUS_URI_INVALID',
    });
  });

  test('names a missing file, and a folder', async () => {
    await expect(openCorpus(join(folder, 'none.txt'), ['/'])).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('none.txt'),
    });
    await expect(openCorpus(folder, ['/'])).rejects.toThrow('is not a regular file');
  });

  test('reads nothing outside of its folders, also through links and dots, and does not name them', async () => {
    const root = join(folder, 'root');
    await mkdir(root);
    await writeFile(join(folder, 'secret'), 'x');
    await symlink(join(folder, 'secret'), join(root, 'link'));
    for (const path of [join(root, 'link'), `${root}/../secret`, '/etc/passwd', '/proc/self/environ'])
      await expect(openCorpus(path, [root])).rejects.toMatchObject({
        reason: 'CORPUS_OUTSIDE_ROOT',
        message: `the corpus "${path}" lies outside the folders of corpora of this service; the operator names them with FACET_CORPUS_ROOT, or with \`facet up --corpora\``,
      });
  });

  test('reads nothing at all without a folder', async () => {
    const path = join(folder, 'text');
    await writeFile(path, 'x');
    await expect(openCorpus(path, [])).rejects.toMatchObject({
      reason: 'CORPUS_OUTSIDE_ROOT',
      message: expect.stringContaining('this service has no folders of corpora'),
    });
  });
});
