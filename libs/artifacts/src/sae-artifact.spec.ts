import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ObjectStore, openObjectStore, writeManifest } from '@facet/objects';
import type { Sae } from '@facet/sae';
import {
  listSaeArtifacts,
  openSaeArtifact,
  readSaeManifest,
  removeSaeArtifact,
  saeFilesPrefix,
  writeSaeArtifact,
} from './sae-artifact.ts';
import { listUnpublishedAttempts, type StagedAttempt } from './staged-artifact.ts';

let directory: string;
let store: ObjectStore;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'facet-artifacts-'));
  store = openObjectStore(pathToFileURL(directory).href);
});
afterEach(() => rm(directory, { recursive: true }));

const keysBelow = async (prefix: string) => {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
};
const ramp = (length: number) => Float32Array.from({ length }, (_, i) => i / 8 - 1);
const sae: Sae = {
  cfg: {
    architecture: 'topk',
    d_in: 2,
    d_sae: 4,
    dtype: 'float32',
    apply_b_dec_to_input: true,
    normalize_activations: 'none',
    k: 2,
    metadata: { model_name: 'm', hook_name: 'blocks.0.hook_resid_post', inference_threshold: 0.5 },
  },
  W_enc: ramp(8),
  b_enc: ramp(4),
  W_dec: ramp(8),
  b_dec: ramp(2),
};
const details = {
  createTime: '2026-01-02T03:04:05.000Z',
  lineage: { modelId: 'm', modelSha256: 'aa', tokenizerSha256: 'bb' },
  metrics: { l0: 2, fvu: 0.25 },
  sparsity: ramp(4),
  trainingRun: 'trainingRuns/r',
};

describe('writeSaeArtifact', () => {
  test('is read back with its weights, metrics and lineage', async () => {
    const { manifest } = await writeSaeArtifact(store, 'a', sae, details);
    const opened = await openSaeArtifact(store, 'a');
    expect(opened.manifest).toEqual(JSON.parse(JSON.stringify(manifest)));
    expect(opened.manifest.body).toMatchObject({
      architecture: 'topk',
      d_in: 2,
      d_sae: 4,
      k: 2,
      metrics: details.metrics,
    });
    expect(Object.keys(opened.manifest.files)).toEqual([
      'cfg.json',
      'sae_weights.safetensors',
      'sparsity.safetensors',
    ]);
    for (const name of ['W_enc', 'b_enc', 'W_dec', 'b_dec'] as const)
      expect(opened.sae[name]).toEqual(sae[name]);
    expect(opened.sae.cfg).toMatchObject({ architecture: 'topk', k: 2, d_sae: 4 });
  });

  test('refuses an id that is taken and leaves what is there', async () => {
    await writeSaeArtifact(store, 'a', sae, details);
    const other = { ...sae, b_dec: Float32Array.of(5, 5) };
    await expect(writeSaeArtifact(store, 'a', other, details)).rejects.toMatchObject({ kind: 'exists' });
    expect((await openSaeArtifact(store, 'a')).sae.b_dec).toEqual(sae.b_dec);
  });

  test('removes what it wrote when it cannot go on', async () => {
    const extras = { 'not a name': Buffer.from('x') };
    await expect(writeSaeArtifact(store, 'a', sae, { ...details, extras })).rejects.toMatchObject({
      kind: 'invalid',
    });
    expect(await keysBelow('saes')).toEqual([]);
    await writeSaeArtifact(store, 'a', sae, details);
  });

  test('lets one of many at once win, whose files are whole, and leaves nothing of the others', async () => {
    const saes = Array.from({ length: 6 }, (_, i) => ({ ...sae, b_dec: Float32Array.of(i, i) }));
    const written = await Promise.allSettled(saes.map((one) => writeSaeArtifact(store, 'a', one, details)));
    const winner = written.findIndex(({ status }) => status === 'fulfilled');
    for (const [i, result] of written.entries())
      if (i !== winner)
        expect(result).toMatchObject({
          status: 'rejected',
          reason: { kind: 'exists', message: expect.stringContaining('saes/a exists already') },
        });
    expect((await openSaeArtifact(store, 'a')).sae.b_dec).toEqual(saes[winner]!.b_dec);
    expect(await keysBelow('saes')).toHaveLength(4);
  });
});

describe('removeSaeArtifact', () => {
  test('removes what was read, and nothing that came after', async () => {
    await writeSaeArtifact(store, 'a', sae, details);
    const first = await readSaeManifest(store, 'a');
    await removeSaeArtifact(store, 'a', first);
    expect(await keysBelow('saes')).toEqual([]);
    await writeSaeArtifact(store, 'a', sae, details);
    await expect(removeSaeArtifact(store, 'a', first)).rejects.toMatchObject({ kind: 'aborted' });
    await openSaeArtifact(store, 'a');
  });
});

describe('an SAE of the layout before', () => {
  test('is read, and deleted with its files', async () => {
    const { manifest } = await writeSaeArtifact(store, 'new', sae, details);
    for (const name of Object.keys(manifest.files))
      await store.write(`saes/old/${name}`, await store.read(`${saeFilesPrefix('new', manifest)}/${name}`));
    const { folder: _, ...before } = manifest;
    await writeManifest(store, 'saes/old', { ...before, formatVersion: 1 });
    expect((await openSaeArtifact(store, 'old')).sae.W_dec).toEqual(sae.W_dec);
    await removeSaeArtifact(store, 'old', await readSaeManifest(store, 'old'));
    expect(await keysBelow('saes/old')).toEqual([]);
  });
});

describe('listUnpublishedAttempts', () => {
  test('names the attempts that no manifest names, with their age', async () => {
    const { manifest } = await writeSaeArtifact(store, 'a', sae, details);
    const began = Date.now() - 5000;
    const [beside, alone] = ['a', 'b'].map((id) => `saes/${id}/attempts/${began}-${randomUUID()}`);
    for (const prefix of [beside, alone]) await store.write(`${prefix}/cfg.json`, Buffer.from('{}'));
    const found: StagedAttempt[] = [];
    for await (const attempt of listUnpublishedAttempts(store, 'saes')) found.push(attempt);
    expect(found.map(({ prefix }) => prefix)).toEqual([beside, alone]);
    for (const { ageMs } of found) expect(ageMs).toBeGreaterThanOrEqual(5000);
    expect(saeFilesPrefix('a', manifest)).toMatch(/^saes\/a\/attempts\//);
  });
});

describe('openSaeArtifact', () => {
  test('names an SAE that does not exist', async () => {
    await expect(openSaeArtifact(store, 'none')).rejects.toThrow('saes/none does not exist');
  });

  test('names a file that was changed', async () => {
    await writeSaeArtifact(store, 'a', sae, details);
    const key = `${saeFilesPrefix('a', (await readSaeManifest(store, 'a')).manifest)}/sae_weights.safetensors`;
    const weights = await store.read(key);
    weights[weights.length - 1]! ^= 1;
    await store.write(key, weights);
    await expect(openSaeArtifact(store, 'a')).rejects.toMatchObject({
      kind: 'data-loss',
      message: expect.stringMatching(/^saes\/a\/attempts\/.*\/sae_weights.safetensors /),
    });
  });
});

describe('listSaeArtifacts', () => {
  test('gives complete SAEs in order', async () => {
    for (const id of ['b', 'a.2', 'a']) await writeSaeArtifact(store, id, sae, details);
    await store.write('saes/incomplete/cfg.json', Buffer.from('{}'));
    const ids: string[] = [];
    for await (const id of listSaeArtifacts(store)) ids.push(id);
    expect(ids.sort()).toEqual(['a', 'a.2', 'b']);
  });
});
