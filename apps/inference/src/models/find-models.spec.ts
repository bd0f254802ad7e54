import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findModels, modelIdOf } from './find-models.ts';

describe('findModels', () => {
  let root: string;
  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'facet-models-')));
    for (const name of ['Story Model', 'tiny-1', 'not-a-model']) await mkdir(join(root, name));
    for (const name of ['Story Model', 'tiny-1']) await writeFile(join(root, name, 'config.json'), '{}');
  });
  afterAll(() => rm(root, { recursive: true }));

  test('takes the models of a folder, by id', async () => {
    expect(await findModels(root)).toEqual([
      { id: 'story-model', directory: join(root, 'Story Model') },
      { id: 'tiny-1', directory: join(root, 'tiny-1') },
    ]);
  });

  test('takes single directories and named ones', async () => {
    const found = await findModels(`${join(root, 'tiny-1')}, big=${join(root, 'Story Model')}`);
    expect(found.map(({ id }) => id)).toEqual(['big', 'tiny-1']);
  });

  test('refuses what is no model, and two of one name', async () => {
    const problem = async (models: string) =>
      findModels(models).then(String, (error: Error) => error.message);
    expect(await problem(' ')).toContain('names no model');
    expect(await problem(join(root, 'absent'))).toContain('does not exist');
    expect(await problem(join(root, 'not-a-model'))).toContain('holds no model');
    expect(await problem(`x=${join(root, 'not-a-model')}`)).toContain('no config.json');
    expect(await problem(`Bad Id=${root}`)).toContain('is not a resource id');
    expect(await problem(`${root},tiny-1=${join(root, 'tiny-1')}`)).toContain(
      'two models would be called "tiny-1"',
    );
  });
});

describe('modelIdOf', () => {
  test('lowers and cleans the name of the directory', () => {
    expect(modelIdOf('/m/TinyStories 656K')).toBe('tinystories-656k');
    expect(modelIdOf('/m/_x')).toBe('x');
    expect(() => modelIdOf('/m/___')).toThrow('gives no model id');
  });
});
