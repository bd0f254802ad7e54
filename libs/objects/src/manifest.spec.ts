import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { readJson, writeJson } from './json.ts';
import { type Lineage, requireSameLineage } from './lineage.ts';
import { type Manifest, readManifest, verifyManifest, writeManifest } from './manifest.ts';
import { openObjectStore } from './open-object-store.ts';
import type { ObjectStore } from './store.ts';

let directory: string;
let store: ObjectStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-objects-'));
  store = openObjectStore(pathToFileURL(directory).href);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const lineage: Lineage = {
  modelId: 'm',
  modelSha256: 'aa',
  tokenizerSha256: 'bb',
  hookPoint: 'blocks.2.hook_resid_post',
};
const schema = { kind: 'thing', body: z.object({ rows: z.number() }) };

async function writeThing(): Promise<Manifest<{ rows: number }>> {
  const { bytes, sha256 } = await store.write('things/a/data.bin', Buffer.from('abc'));
  const manifest: Manifest<{ rows: number }> = {
    formatVersion: 1,
    kind: 'thing',
    createTime: '2026-01-02T03:04:05.000Z',
    files: { 'data.bin': { bytes, sha256 } },
    lineage,
    body: { rows: 3 },
  };
  await writeManifest(store, 'things/a', manifest);
  return manifest;
}

describe('readManifest', () => {
  test('gives back what was written, and the hash that the write told', async () => {
    const manifest = await writeThing();
    const { sha256, version } = await writeManifest(store, 'things/a', manifest);
    expect(await readManifest(store, 'things/a', schema)).toEqual({ manifest, sha256, version });
  });

  test('refuses a newer format before it looks at anything else', async () => {
    await writeJson(store, 'things/a/manifest.json', { formatVersion: 3, kind: 'thing', news: true });
    await expect(readManifest(store, 'things/a', schema)).rejects.toMatchObject({
      kind: 'precondition',
      message: 'things/a/manifest.json has format 3; this Facet reads 1 and 2',
    });
  });

  test('refuses another kind of artifact', async () => {
    await writeThing();
    const other = { ...schema, kind: 'sae' };
    await expect(readManifest(store, 'things/a', other)).rejects.toThrow('describes a thing; expected a sae');
  });

  test('names the field that is malformed', async () => {
    const manifest = await writeThing();
    await writeJson(store, 'things/a/manifest.json', { ...manifest, body: { rows: 'three' } });
    await expect(readManifest(store, 'things/a', schema)).rejects.toMatchObject({
      kind: 'data-loss',
      message: expect.stringContaining('malformed at body.rows'),
    });
  });

  test('tells that an artifact without a manifest does not exist', async () => {
    await expect(readManifest(store, 'things/none', schema)).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('verifyManifest', () => {
  test('accepts an artifact as it was written', async () => {
    await writeThing();
    await verifyManifest(store, 'things/a');
  });

  test.each([
    ['changed by one bit', async () => void (await store.write('things/a/data.bin', Buffer.from('abb')))],
    ['cut', async () => void (await store.write('things/a/data.bin', Buffer.from('ab')))],
    ['removed', () => store.delete('things/a/data.bin')],
  ])('names a file that was %s', async (_, damage) => {
    await writeThing();
    await damage();
    await expect(verifyManifest(store, 'things/a')).rejects.toMatchObject({
      kind: 'data-loss',
      message: expect.stringMatching(/^things\/a\/data\.bin /),
    });
  });

  test('hashes files that are larger than one piece', async () => {
    const big = new Uint8Array(8 * 1024 * 1024 + 5).fill(7);
    const { bytes, sha256 } = await store.write('things/a/data.bin', big);
    const manifest = await writeThing();
    await store.write('things/a/data.bin', big);
    await writeManifest(store, 'things/a', { ...manifest, files: { 'data.bin': { bytes, sha256 } } });
    await verifyManifest(store, 'things/a');
    big[8 * 1024 * 1024] = 8;
    await store.write('things/a/data.bin', big);
    await expect(verifyManifest(store, 'things/a')).rejects.toMatchObject({ kind: 'data-loss' });
  });

  test('follows no name out of the artifact', async () => {
    const manifest = await writeThing();
    const file = { bytes: 1, sha256: '' };
    await writeJson(store, 'things/a/manifest.json', { ...manifest, files: { '../../secret': file } });
    await expect(verifyManifest(store, 'things/a')).rejects.toMatchObject({ kind: 'invalid' });
    expect(() => writeManifest(store, 'things/a', { ...manifest, files: { '../x': file } })).toThrow(
      'object key',
    );
  });
});

describe('readJson', () => {
  test.each([['{"a":'], ['\uFFFD'.slice(0, 0)], ['nope']])('calls %j damaged', async (text) => {
    await store.write('a.json', Buffer.from(text));
    await expect(readJson(store, 'a.json', z.unknown())).rejects.toMatchObject({ kind: 'data-loss' });
  });

  test('calls bytes that are not UTF-8 damaged', async () => {
    await store.write('a.json', Buffer.from([0x22, 0xff, 0x22]));
    await expect(readJson(store, 'a.json', z.string())).rejects.toMatchObject({ kind: 'data-loss' });
  });
});

describe('requireSameLineage', () => {
  test('names the first field that differs, and looks at no other', () => {
    const other = { ...lineage, modelSha256: 'cc', hookPoint: undefined };
    requireSameLineage(lineage, other, ['modelId', 'tokenizerSha256'], 'the SAE and the model');
    expect(() =>
      requireSameLineage(lineage, other, ['modelId', 'modelSha256'], 'the SAE and the model'),
    ).toThrow('the SAE and the model do not belong together: modelSha256 is aa and cc');
  });
});
