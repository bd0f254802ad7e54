import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openCorpus } from './corpus-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-corpus-'));
});
afterEach(() => rm(folder, { recursive: true }));

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
