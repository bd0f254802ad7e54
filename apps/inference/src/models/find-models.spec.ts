import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findModels } from './find-models.ts';

const NO_CACHE = '/nowhere';

describe('findModels', () => {
  let root: string;
  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'facet-models-')));
    for (const name of ['Story Model', 'tiny-1', 'not-a-model']) await mkdir(join(root, name));
    for (const name of ['Story Model', 'tiny-1']) await writeFile(join(root, name, 'config.json'), '{}');
  });
  afterAll(() => rm(root, { recursive: true }));

  test('takes the models of a folder, by id', async () => {
    expect(await findModels(root, NO_CACHE)).toEqual([
      { id: 'story-model', directory: join(root, 'Story Model') },
      { id: 'tiny-1', directory: join(root, 'tiny-1') },
    ]);
  });

  test('takes models of the Hugging Face cache, by repository and as the cache lies', async () => {
    const cache = join(root, 'hub');
    const snapshot = join(cache, 'models--org--Tiny2.5-1B/snapshots/0123abc');
    await mkdir(snapshot, { recursive: true });
    await mkdir(join(cache, 'models--org--Tiny2.5-1B/refs'));
    await writeFile(join(cache, 'models--org--Tiny2.5-1B/refs/main'), '0123abc');
    await writeFile(join(snapshot, 'config.json'), '{}');
    const expected = [{ id: 'tiny2.5-1b', directory: snapshot }];
    for (const name of ['org/Tiny2.5-1B', 'org/Tiny2.5-1B@0123abc', cache, snapshot])
      expect(await findModels(name, cache)).toEqual(expected);
    expect(await findModels('t=org/Tiny2.5-1B', cache)).toEqual([{ id: 't', directory: snapshot }]);
    await expect(findModels('org/absent', cache)).rejects.toMatchObject({
      field: 'FACET_MODELS',
      message: expect.stringContaining('`facet models pull org/absent` brings it there'),
    });
    await rm(cache, { recursive: true });
  });

  test('takes single directories and named ones', async () => {
    const found = await findModels(`${join(root, 'tiny-1')}, big=${join(root, 'Story Model')}`, NO_CACHE);
    expect(found.map(({ id }) => id)).toEqual(['big', 'tiny-1']);
  });

  test('refuses what is no model, and two of one name', async () => {
    const problem = async (models: string) =>
      findModels(models, NO_CACHE).then(String, (error: Error) => error.message);
    expect(await problem(' ')).toContain('names no model');
    expect(await problem(join(root, 'absent'))).toContain('does not exist');
    expect(await problem(join(root, 'not-a-model'))).toContain('holds no model');
    expect(await problem(`x=${join(root, 'not-a-model')}`)).toContain('no config.json');
    expect(await problem(`Bad Id=${root}`)).toContain('is not a resource id');
    expect(await problem(`${root},tiny-1=${join(root, 'tiny-1')}`)).toContain(
      'two models would be called "tiny-1", ',
    );
  });
});
