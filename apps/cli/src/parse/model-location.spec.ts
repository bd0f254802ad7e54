import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseModelLocation } from './model-location.ts';

describe('parseModelLocation', () => {
  let root: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'facet-location-'));
    env = { HF_HOME: root };
    for (const folder of ['Tiny-1', 'a=b', 'hub/models--org--Tiny/snapshots/abc']) {
      await mkdir(join(root, folder), { recursive: true });
      await writeFile(join(root, folder, 'config.json'), '{}');
    }
    await mkdir(join(root, 'hub/models--org--Tiny/refs'));
    await writeFile(join(root, 'hub/models--org--Tiny/refs/main'), 'abc');
  });
  afterAll(() => rm(root, { recursive: true }));

  test('names a directory and a pulled model, or takes the id that is given', async () => {
    const directory = join(root, 'Tiny-1');
    const snapshot = join(root, 'hub/models--org--Tiny/snapshots/abc');
    expect(await parseModelLocation(directory, env)).toBe(`tiny-1=${directory}`);
    expect(await parseModelLocation('org/Tiny', env)).toBe(`tiny=${snapshot}`);
    expect(await parseModelLocation(`mine=${directory}`, env)).toBe(`mine=${directory}`);
    expect(await parseModelLocation(join(root, 'a=b'), env)).toBe(`a-b=${join(root, 'a=b')}`);
    expect(await parseModelLocation('mine=org/Tiny', env)).toBe(`mine=${snapshot}`);
  });

  test('refuses what is no id and what is no model', async () => {
    await expect(parseModelLocation(`Mine=${join(root, 'Tiny-1')}`, env)).rejects.toThrow(
      'is not a resource id',
    );
    await expect(parseModelLocation('mine=org/absent', env)).rejects.toThrow('facet models pull org/absent');
  });
});
