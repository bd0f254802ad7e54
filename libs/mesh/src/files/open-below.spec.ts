import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBelow } from './open-below.ts';

let folder: string;
let root: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'facet-below-')));
  root = join(folder, 'root');
  await mkdir(join(root, 'deeper'), { recursive: true });
  await writeFile(join(root, 'deeper/text'), 'text');
  await writeFile(join(folder, 'secret'), 'secret');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** The text of a file, or why it was not opened. */
async function outcome(path: string, roots: readonly string[] = [root]): Promise<string> {
  const { file, problem } = await openBelow(path, roots);
  if (file === undefined) return problem;
  const text = await file.readFile('utf8');
  await file.close();
  return text;
}

describe('openBelow', () => {
  test('opens files below a folder, also through links that stay inside, and a file that is named itself', async () => {
    await symlink('deeper', join(root, 'inside'));
    expect(await outcome(join(root, 'deeper/text'))).toBe('text');
    expect(await outcome(join(root, 'inside/text'))).toBe('text');
    expect(await outcome(join(folder, 'secret'), [root, join(folder, 'secret')])).toBe('secret');
  });

  test('opens nothing without a folder', async () => {
    expect(await outcome(join(root, 'deeper/text'), [])).toBe('outside');
  });

  test('leaves its folders neither by dots, links nor names that begin alike', async () => {
    await symlink(join(folder, 'secret'), join(root, 'link'));
    await symlink(folder, join(root, 'up'));
    await writeFile(join(folder, 'rootless'), 'x');
    for (const path of [
      `${root}/link`,
      `${root}/up/secret`,
      `${root}/../secret`,
      `${root}less`,
      '/etc/passwd',
    ])
      expect(await outcome(path)).toBe('outside');
  });

  test('does not tell whether a file outside is there', async () => {
    expect(await outcome(join(folder, 'secret'))).toBe(await outcome(join(folder, 'nowhere')));
    expect(await outcome(join(root, 'nowhere'))).toBe('absent');
  });

  test('opens neither folders, pipes, sockets, devices nor files that the kernel makes up', async () => {
    spawnSync('mkfifo', [join(root, 'pipe')]);
    const socket = createServer().listen(join(root, 'socket'));
    await symlink('/dev/zero', join(root, 'zero'));
    expect(await outcome(join(root, 'deeper'))).toBe('irregular');
    expect(await outcome(join(root, 'pipe'))).toBe('irregular');
    expect(await outcome(join(root, 'socket'))).toBe('irregular');
    expect(await outcome(join(root, 'zero'))).toBe('outside');
    socket.close();
    for (const path of ['/dev/zero', '/proc/self/environ', '/proc/self/maps', '/proc/version'])
      expect(await outcome(path, ['/'])).toBe('irregular');
    expect(await outcome(join(folder, 'secret'), ['/'])).toBe('secret');
  });

  test('reads only what lies inside while a folder on the way is exchanged for a link', async () => {
    await mkdir(join(folder, 'outside'));
    await writeFile(join(folder, 'outside/text'), 'secret');
    await symlink(join(folder, 'outside'), join(root, 'trap'));
    const exchange = async () => {
      await rename(join(root, 'deeper'), join(root, 'kept'));
      await rename(join(root, 'trap'), join(root, 'deeper'));
      await rename(join(root, 'deeper'), join(root, 'trap'));
      await rename(join(root, 'kept'), join(root, 'deeper'));
    };
    const seen = new Set<string>();
    for (let round = 0; round < 300; round += 1) {
      const exchanging = exchange();
      for (let i = 0; i < 4; i += 1) seen.add(await outcome(join(root, 'deeper/text')));
      await exchanging;
    }
    expect([...seen].filter((text) => text === 'secret')).toEqual([]);
    expect(seen).toContain('text');
  });
});
