import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileStore } from './file-store.ts';

describe('keys', () => {
  const store = openFileStore({ directory: join(tmpdir(), 'facet-objects-that-never-is') });
  const data = Buffer.from('x');

  test.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    'a/../b',
    '.tmp/x',
    'a/.hidden',
    'a\\b',
    'a b',
    'a\0',
    'é',
  ])('refuses %j everywhere', async (key) => {
    await expect(store.read(key)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(store.readVersion(key)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(store.write(key, data)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(store.delete(key)).rejects.toMatchObject({ kind: 'invalid' });
    await expect(store.exists(key)).rejects.toMatchObject({ kind: 'invalid' });
  });

  test('refuses names that are too long', async () => {
    await expect(store.read('a'.repeat(256))).rejects.toMatchObject({ kind: 'invalid' });
    await expect(store.read(`${'a/'.repeat(512)}a`)).rejects.toMatchObject({ kind: 'invalid' });
  });
});
