import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSaelens } from '@facet/sae';
import { createTrainingSystem, type TrainingSystem } from '../testing/training-system.ts';

const D_IN = 4;
const D_SAE = 6;

let system: TrainingSystem;
let uri: string;

beforeEach(async () => {
  system = await createTrainingSystem();
  uri = join(system.folder, 'source');
  await mkdir(uri);
  const { cfg, weights } = writeSaelens({
    cfg: {
      architecture: 'standard',
      d_in: D_IN,
      d_sae: D_SAE,
      dtype: 'float32',
      apply_b_dec_to_input: true,
      normalize_activations: 'none',
      metadata: { hook_name: 'blocks.0.hook_resid_post' },
    },
    W_enc: new Float32Array(D_IN * D_SAE).fill(0.5),
    b_enc: new Float32Array(D_SAE),
    W_dec: new Float32Array(D_IN * D_SAE).fill(0.5),
    b_dec: new Float32Array(D_IN),
  });
  await writeFile(join(uri, 'cfg.json'), cfg);
  await writeFile(join(uri, 'sae_weights.safetensors'), Buffer.concat(weights));
});
afterEach(() => system.stop());

/** Gives the hook point another name in the configuration. */
async function rename(from: string, to: string): Promise<void> {
  const path = join(uri, 'cfg.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
}

describe('an import', () => {
  test('that names a model while inference does not answer is refused, and nothing is published', async () => {
    const { saes } = await system.start({
      FACET_SAE_IMPORT_ROOTS: system.folder,
      FACET_INFERENCE_ADDRESS: '127.0.0.1:9',
    });
    await expect(saes.importSae({ saeId: 'x', uri, model: 'models/toy' })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/models\/toy cannot be looked up .* or import without a model/),
    });
    expect((await saes.listSaes({})).saes).toEqual([]);
    const { sae, notices } = await saes.importSae({ saeId: 'x', uri });
    expect(sae).toMatchObject({ model: '', lineage: { modelId: '', modelSha256: '', tokenizerSha256: '' } });
    expect(notices).toEqual([expect.stringMatching(/^the import names no model, so .* binds it$/)]);
  }, 60_000);

  test('to a service that knows no inference says that the SAE is bound to no weights yet', async () => {
    const { saes } = await system.start({ FACET_SAE_IMPORT_ROOTS: system.folder });
    const { sae, notices } = await saes.importSae({ saeId: 'x', uri, model: 'models/toy' });
    expect(sae).toMatchObject({ model: 'models/toy', lineage: { modelId: 'toy', modelSha256: '' } });
    expect(notices).toEqual([expect.stringMatching(/knows no inference to ask for models\/toy/)]);
  });

  test('finds what other programs call its hook point, and refuses what is none, by name', async () => {
    const { saes } = await system.start({ FACET_SAE_IMPORT_ROOTS: system.folder });
    await rename('blocks.0.hook_resid_post', 'blocks.0.hook_z');
    const { sae, notices } = await saes.importSae({ saeId: 'x', uri });
    expect(sae).toMatchObject({ hookPoint: 'blocks.0.attn.hook_z' });
    expect(notices).toContain(
      'its configuration names the hook point "blocks.0.hook_z", which is "blocks.0.attn.hook_z" here',
    );
    const asked = await saes.importSae({ saeId: 'y', uri, hookPoint: 'blocks.1.hook_in' });
    expect(asked.sae).toMatchObject({ hookPoint: 'blocks.1.hook_resid_pre' });
    await rename('blocks.0.hook_z', 'blocks.0.attn.hook_result');
    await expect(saes.importSae({ saeId: 'z', uri })).rejects.toMatchObject({
      kind: 'unimplemented',
      message: expect.stringMatching(/reads "blocks.0.attn.hook_result", which is no hook point here/),
    });
  });

  test('takes a module that Gemma 2 has otherwise as what other models have, says so, and refuses it for Gemma 2', async () => {
    const { saes } = await system.start({ FACET_SAE_IMPORT_ROOTS: system.folder });
    await rename('blocks.0.hook_resid_post', 'model.layers.0.mlp');
    const { sae, notices } = await saes.importSae({ saeId: 'x', uri });
    expect(sae).toMatchObject({ hookPoint: 'blocks.0.hook_mlp_out' });
    expect(notices).toContainEqual(
      expect.stringMatching(/taken to read "blocks.0.hook_mlp_out": not so in Gemma 2/),
    );
    await rename('"metadata": {', '"metadata": { "model_name": "google/gemma-2-2b",');
    await expect(saes.importSae({ saeId: 'y', uri })).rejects.toMatchObject({
      reason: 'UNKNOWN_HOOK_POINT',
      message: expect.stringMatching(
        /"model.layers.0.mlp".* in "google\/gemma-2-2b".*hook_mlp_out is what comes after/,
      ),
    });
    const hookPoint = 'blocks.0.hook_mlp_out';
    expect((await saes.importSae({ saeId: 'z', uri, hookPoint })).sae).toMatchObject({ hookPoint });
  });

  test('for another hook point than its configuration names says so', async () => {
    const { saes } = await system.start({ FACET_SAE_IMPORT_ROOTS: system.folder });
    const hookPoint = 'blocks.1.hook_resid_post';
    const { sae, notices } = await saes.importSae({ saeId: 'x', uri, hookPoint });
    expect(sae).toMatchObject({ hookPoint });
    expect(notices).toContainEqual(
      'its configuration names the hook point "blocks.0.hook_resid_post"; it is imported for "blocks.1.hook_resid_post", as asked',
    );
    const same = await saes.importSae({ saeId: 'y', uri, hookPoint: 'blocks.0.hook_resid_post' });
    expect(same.notices).toHaveLength(1);
  });

  test.each(['toy', 'models/', 'saes/toy', 'models/../x'])('of the model “%s” is refused', async (model) => {
    const { saes } = await system.start({ FACET_SAE_IMPORT_ROOTS: system.folder });
    await expect(saes.importSae({ saeId: 'x', uri, model })).rejects.toMatchObject({
      kind: 'invalid',
      field: 'model',
    });
  });
});
