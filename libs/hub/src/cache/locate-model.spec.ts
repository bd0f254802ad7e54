import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { locateModel, locateModels } from './locate-model.ts';

let root: string;
let cache: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'facet-locate-'));
  cache = join(root, 'hub');
  await put('plain/config.json');
});
afterEach(() => rm(root, { recursive: true }));

async function put(path: string, text = '{}'): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

const SNAPSHOT = 'hub/models--org--Tiny/snapshots';

describe('locateModel', () => {
  test('takes a directory, a link to one, and a snapshot', async () => {
    await symlink(join(root, 'plain'), join(root, 'link'));
    await put(`${SNAPSHOT}/abc/config.json`);
    for (const path of ['plain', 'link', `${SNAPSHOT}/abc`])
      expect(await locateModel(join(root, path), cache)).toBe(join(root, path));
  });

  test('takes a repository of the cache at main, at a tag and at a commit', async () => {
    for (const commit of ['abc', 'def']) await put(`${SNAPSHOT}/${commit}/config.json`);
    await put('hub/models--org--Tiny/refs/main', 'abc\n');
    await put('hub/models--org--Tiny/refs/refs/pr/1', 'def');
    const at = (text: string) => locateModel(text, cache);
    expect(await at('org/Tiny')).toBe(join(root, SNAPSHOT, 'abc'));
    expect(await at('org/Tiny@refs/pr/1')).toBe(join(root, SNAPSHOT, 'def'));
    expect(await at('org/Tiny@def')).toBe(join(root, SNAPSHOT, 'def'));
    expect(await at(join(cache, 'models--org--Tiny'))).toBe(join(root, SNAPSHOT, 'abc'));
    await expect(at('org/Tiny@absent')).rejects.toThrow(
      '`facet models pull org/Tiny@absent` brings it there',
    );
  });

  test('takes the only revision of a repository folder, and names several', async () => {
    const folder = join(cache, 'models--org--Tiny');
    await put(`${SNAPSHOT}/def/config.json`);
    await put(`${SNAPSHOT}/abc/tokenizer.json`);
    expect(await locateModel(folder, cache)).toBe(join(root, SNAPSHOT, 'def'));
    await put(`${SNAPSHOT}/abc/config.json`);
    await expect(locateModel(folder, cache)).rejects.toThrow(
      'holds 2 revisions of "org/Tiny" and none is main; name one as org/Tiny@abc',
    );
  });

  test('follows no ref out of the cache', async () => {
    await put('hub/models--org--Tiny/refs/main', '../../../plain');
    await mkdir(join(root, SNAPSHOT));
    await expect(locateModel('org/Tiny', cache)).rejects.toThrow(
      'neither a directory nor a model in the cache',
    );
    await expect(locateModel(join(cache, 'models--org--Tiny'), cache)).rejects.toThrow('has no config.json');
  });

  test('refuses what is no model, with the remedy', async () => {
    await expect(locateModel(root, cache)).rejects.toThrow('has no config.json; give the path of');
    await expect(locateModel('/no/such/folder', cache)).rejects.toThrow('"/no/such/folder" does not exist');
    await expect(locateModel('org/absent', cache)).rejects.toThrow('`facet models pull org/absent`');
  });
});

describe('locateModels', () => {
  test('takes the models of a folder: directories and repositories', async () => {
    await put(`${SNAPSHOT}/abc/config.json`);
    await put('hub/models--org--Tiny/refs/main', 'abc');
    await put('hub/models--org--half/snapshots/abc/tokenizer.json');
    await put('hub/datasets--org--words/snapshots/abc/config.json');
    expect(await locateModels(root, cache)).toEqual([join(root, 'plain')]);
    expect(await locateModels(cache, cache)).toEqual([join(root, SNAPSHOT, 'abc')]);
    expect(await locateModels(join(root, 'plain'), cache)).toEqual([join(root, 'plain')]);
  });
});
