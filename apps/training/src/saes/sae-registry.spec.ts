import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SaePublished } from '@facet/contracts';
import { createRandom } from '@facet/random';
import { encodeReference, readSaelens, type Sae, writeSaelens } from '@facet/sae';
import { createTrainingSystem, type Replica, type TrainingSystem } from '../testing/training-system.ts';

let system: TrainingSystem;
let replica: Replica;
let root: string;

beforeEach(async () => {
  system = await createTrainingSystem();
  root = join(system.folder, 'saes');
  await mkdir(root);
  replica = await system.start({ FACET_SAE_IMPORT_ROOTS: root, FACET_SAE_EXPORT_ROOTS: root });
});
afterEach(() => system.stop());

function jumprelu(d_in = 12, d_sae = 30): Sae {
  const random = createRandom(1n);
  const draw = (length: number) => Float32Array.from({ length }, () => random.gaussian());
  return {
    cfg: {
      architecture: 'jumprelu',
      d_in,
      d_sae,
      dtype: 'float32',
      apply_b_dec_to_input: false,
      normalize_activations: 'none',
      metadata: { hook_name: 'blocks.1.hook_resid_post', model_name: 'other' },
    },
    W_enc: draw(d_in * d_sae),
    b_enc: draw(d_sae),
    W_dec: draw(d_in * d_sae),
    b_dec: draw(d_in),
    threshold: draw(d_sae).map(Math.abs),
  };
}

async function writeDirectory(name: string, sae: Sae): Promise<string> {
  const directory = join(root, name);
  await mkdir(directory);
  const { cfg, weights } = writeSaelens(sae);
  await writeFile(join(directory, 'cfg.json'), cfg);
  await writeFile(join(directory, 'sae_weights.safetensors'), Buffer.concat(weights));
  return directory;
}

describe('importSae and exportSae', () => {
  test('publish what was imported with its parity, and give the same SAE back', async () => {
    const sae = jumprelu();
    const events = system.bus.subscribe('facet.sae.published');
    await events.ready;
    const uri = await writeDirectory('source', sae);
    const { sae: imported } = await replica.saes.importSae({ saeId: 'x', uri, model: 'models/toy' });
    expect(imported).toMatchObject({
      name: 'saes/x',
      architecture: 'jumprelu',
      dIn: 12,
      dSae: 30,
      k: 0,
      model: 'models/toy',
      hookPoint: 'blocks.1.hook_resid_post',
    });
    expect(imported?.parity?.probeRows).toBe(8);
    expect(imported?.parity?.maxEncodeDifference).toBeLessThan(1e-4);
    expect(imported?.evaluation).toBeUndefined();
    for await (const { payload } of events) {
      expect(SaePublished.decode(payload)).toMatchObject({ sae: 'saes/x', trainingRun: '' });
      break;
    }
    const out = join(root, 'exported');
    const { files } = await replica.saes.exportSae({ name: 'saes/x', uri: `file://${out}` });
    expect([...(files ?? [])].sort()).toEqual((await readdir(out)).sort());
    const cfg = await readFile(join(out, 'cfg.json'), 'utf8');
    const back = readSaelens({ cfg, weights: await readFile(join(out, 'sae_weights.safetensors')) }, out);
    const x = Float32Array.from({ length: 12 }, (_, i) => i - 6);
    expect(encodeReference(back, x, 1)).toEqual(encodeReference(sae, x, 1));
    await expect(replica.saes.exportSae({ name: 'saes/x', uri: out })).rejects.toMatchObject({
      kind: 'exists',
    });
  });

  test('refuse paths outside the roots, also through links, and damaged files', async () => {
    const outside = join(system.folder, 'outside');
    await mkdir(outside);
    await symlink(outside, join(root, 'link'));
    const importing = (uri: string) => replica.saes.importSae({ saeId: 'x', uri, model: 'models/toy' });
    await expect(importing(outside)).rejects.toThrow(/not below a folder of FACET_SAE_IMPORT_ROOTS/);
    await expect(importing(join(root, 'link'))).rejects.toThrow(
      /not below a folder of FACET_SAE_IMPORT_ROOTS/,
    );
    await expect(importing(`${root}/../outside`)).rejects.toThrow(/not below/);
    await expect(importing(join(root, 'none'))).rejects.toMatchObject({ kind: 'not-found' });
    await expect(importing('source')).rejects.toThrow(/names no file; give an absolute path/);
    const damaged = await writeDirectory('damaged', jumprelu());
    await writeFile(join(damaged, 'sae_weights.safetensors'), Buffer.alloc(64, 0xff));
    await expect(importing(damaged)).rejects.toMatchObject({ kind: 'invalid' });
    expect((await replica.saes.listSaes({})).saes).toEqual([]);
    await expect(replica.saes.exportSae({ name: 'saes/x', uri: join(root, 'out') })).rejects.toMatchObject({
      kind: 'not-found',
    });
  });
});

describe('the registry', () => {
  test('lists in pages, keeps texts, and deletes', async () => {
    const uri = await writeDirectory('source', jumprelu());
    for (const saeId of ['a', 'b', 'c']) await replica.saes.importSae({ saeId, uri, model: 'models/toy' });
    const first = await replica.saes.listSaes({ pageSize: 2 });
    const second = await replica.saes.listSaes({ pageSize: 2, pageToken: first.nextPageToken });
    expect([...(first.saes ?? []), ...(second.saes ?? [])].map((sae) => sae.name)).toEqual([
      'saes/a',
      'saes/b',
      'saes/c',
    ]);
    expect(second.nextPageToken).toBe('');
    const sae = { name: 'saes/b', displayName: 'Best', description: 'not named in the mask' };
    const updated = await replica.saes.updateSae({ sae, updateMask: ['display_name'] });
    expect(updated.sae).toMatchObject({ displayName: 'Best', description: '' });
    expect((await replica.saes.getSae({ name: 'saes/b' })).sae?.displayName).toBe('Best');
    await expect(replica.saes.updateSae({ sae, updateMask: ['d_sae'] })).rejects.toThrow(
      /"d_sae" cannot be updated/,
    );
    const long = { name: 'saes/b', displayName: 'x'.repeat(201) };
    await expect(replica.saes.updateSae({ sae: long, updateMask: ['display_name'] })).rejects.toThrow(
      /201 characters/,
    );
    await replica.saes.deleteSae({ name: 'saes/b' });
    await expect(replica.saes.getSae({ name: 'saes/b' })).rejects.toThrow(/saes\/b does not exist/);
    await expect(replica.saes.importSae({ saeId: 'a', uri, model: 'models/toy' })).rejects.toMatchObject({
      kind: 'exists',
    });
  });
});
