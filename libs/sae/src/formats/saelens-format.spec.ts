import { serializeSafetensors, type TensorData } from '@facet/tensor';
import { decode } from '../decode.ts';
import { encodeReference } from '../encode-reference.ts';
import type { Sae } from '../sae.ts';
import { formatSaelensConfig } from '../saelens-config.ts';
import { memoryFiles } from '../testing/memory-files.ts';
import { randomSae } from '../testing/random-sae.ts';
import { requireSameModel } from '../testing/same-model.ts';
import { readSae, writeSae } from './formats.ts';

/** Files as SAELens 1 to 5 wrote them: a flat configuration, weights by name. */
function oldFiles(sae: Sae, cfg: object, tensors: Record<string, TensorData> = {}) {
  const { d_in, d_sae } = sae.cfg;
  const F32 = 'F32' as const;
  const flat = { d_in, d_sae, dtype: 'torch.float32', hook_point: 'blocks.1.hook_resid_pre', ...cfg };
  const stored: Record<string, TensorData> = {
    W_enc: { dtype: F32, shape: [d_in, d_sae], data: sae.W_enc },
    W_dec: { dtype: F32, shape: [d_sae, d_in], data: sae.W_dec },
    b_dec: { dtype: F32, shape: [d_in], data: sae.b_dec },
    ...(sae.cfg.architecture !== 'gated' && { b_enc: { dtype: F32, shape: [d_sae], data: sae.b_enc } }),
  };
  for (const name of ['b_gate', 'b_mag', 'r_mag'] as const) {
    if (sae[name]) stored[name] = { dtype: F32, shape: [d_sae], data: sae[name] };
  }
  return memoryFiles({
    'cfg.json': [Buffer.from(JSON.stringify(flat))],
    'sae_weights.safetensors': serializeSafetensors({ ...stored, ...tensors }),
  });
}

const vector = (data: Float32Array): TensorData => ({ dtype: 'F32', shape: [data.length], data });

describe('old SAELens files', () => {
  test.each([
    ['standard', {}],
    ['topk', { activation_fn_str: 'topk', activation_fn_kwargs: { k: 5 } }],
    ['gated', { architecture: 'gated', activation_fn_str: 'relu' }],
  ] as const)('%s is read from a flat configuration', async (architecture, cfg) => {
    const sae = randomSae(architecture);
    const read = await readSae('saelens', oldFiles(sae, cfg));
    expect(read.sae.cfg).toMatchObject({ architecture, apply_b_dec_to_input: true });
    expect(read.sae.cfg.metadata).toEqual({ hook_name: 'blocks.1.hook_resid_pre' });
    expect(read.conversions).toEqual([]);
    requireSameModel(read, sae);
  });

  test('scaling factors are folded into the directions', async () => {
    const sae = randomSae('standard');
    const factors = Float32Array.from({ length: 37 }, (_, i) => 1 + i / 10);
    const files = oldFiles(sae, { finetuning_scaling_factor: true }, { scaling_factor: vector(factors) });
    const read = await readSae('saelens', files);
    expect(read.conversions).toEqual(['scaling_factor is folded into W_dec']);
    const x = new Float32Array(10).fill(2);
    const acts = encodeReference(read.sae, x, 1);
    expect(acts).toEqual(encodeReference(sae, x, 1));
    const scaled = { ...acts, values: acts.values.map((f, e) => f * factors[acts.indices[e]]) };
    const expected = decode(sae, scaled);
    for (const [j, value] of decode(read.sae, acts).entries()) expect(value).toBeCloseTo(expected[j], 4);
    const { f } = read.model.encode(Float64Array.from(x));
    for (const [j, value] of read.model.decode(f).entries()) expect(value).toBeCloseTo(expected[j], 4);
  });

  test('scaling factors of 1 are left out, others need the configuration to say so', async () => {
    const sae = randomSae('standard');
    const ones = new Float32Array(37).fill(1);
    requireSameModel(await readSae('saelens', oldFiles(sae, {}, { scaling_factor: vector(ones) })), sae);
    ones[5] = 2;
    await expect(readSae('saelens', oldFiles(sae, {}, { scaling_factor: vector(ones) }))).rejects.toThrow(
      /scaling_factor\[5\] is 2, but finetuning_scaling_factor is false/,
    );
  });

  test('a normalised input is folded with its factor, and refused without', async () => {
    const sae = randomSae('standard');
    const files = oldFiles(sae, { normalize_activations: true });
    await expect(readSae('saelens', files)).rejects.toThrow(/expected_average_only_in.*give input_scale/);
    const read = await readSae('saelens', files, { inputScale: 0.25 });
    const x = Float32Array.from({ length: 10 }, (_, j) => 3 * j - 10);
    const acts = encodeReference(read.sae, x, 1);
    const inside = encodeReference(
      sae,
      x.map((value) => value * 0.25),
      1,
    );
    expect(acts.indices).toEqual(inside.indices);
    for (const [e, f] of acts.values.entries()) expect(f).toBeCloseTo(inside.values[e], 4);
    const expected = decode(sae, inside).map((value) => value / 0.25);
    for (const [j, value] of decode(read.sae, acts).entries()) expect(value).toBeCloseTo(expected[j], 3);
    const { f } = read.model.encode(Float64Array.from(x));
    for (const [j, value] of read.model.decode(f).entries()) expect(value).toBeCloseTo(expected[j], 3);
    await expect(readSae('saelens', oldFiles(sae, {}), { inputScale: 0.25 })).rejects.toThrow(/leave it out/);
  });

  test.each(['layer_norm', 'constant_norm_rescale'])(
    '%s cannot be folded and is refused by name',
    async (name) => {
      const files = oldFiles(randomSae('standard'), { normalize_activations: name });
      await expect(readSae('saelens', files)).rejects.toThrow(new RegExp(`${name} differs from row to row`));
    },
  );

  test('training checkpoints give their threshold', async () => {
    const sae = { ...randomSae('batchtopk'), threshold: new Float32Array(37).fill(0.5) };
    const cfg = { architecture: 'batchtopk', k: 4.5 };
    const topk_threshold: TensorData = { dtype: 'F64', shape: [], data: Float64Array.of(0.5) };
    const read = await readSae('saelens', oldFiles(sae, cfg, { topk_threshold }));
    expect(read.sae.cfg).toMatchObject({ architecture: 'batchtopk', k: 4.5 });
    requireSameModel(read, sae);
    const jump = randomSae('jumprelu');
    const log = vector(jump.threshold!.map(Math.log));
    requireSameModel(
      await readSae('saelens', oldFiles(jump, { architecture: 'jumprelu' }, { log_threshold: log })),
      jump,
    );
    await expect(readSae('saelens', oldFiles(jump, { architecture: 'jumprelu' }))).rejects.toThrow(
      /the tensor threshold \[37\] is missing/,
    );
  });
});

describe('hook points whose layer stands elsewhere', () => {
  test.each([
    [{ hook_point: 'blocks.{layer}.hook_resid_pre', hook_point_layer: 3 }, 'blocks.3.hook_resid_pre'],
    [{ hook_point: 'hook_mlp_out', hook_layer: 4 }, 'blocks.4.hook_mlp_out'],
    [
      { hook_point: 'blocks.{layer}.attn.hook_z', hook_layer: 0, reshape_activations: 'hook_z' },
      'blocks.0.attn.hook_z',
    ],
    [{ hook_point: 'blocks.1.hook_z', hook_layer: 1 }, 'blocks.1.hook_z'],
  ])('of %j is %s', async (cfg, hook_name) => {
    const { sae } = await readSae('saelens', oldFiles(randomSae('standard'), cfg));
    expect(sae.cfg.metadata).toEqual({ hook_name });
  });
});

describe('SAEs of what the heads give', () => {
  test.each([
    [{ hook_point: 'blocks.1.attn.hook_z', reshape_activations: 'hook_z' }],
    [{ hook_point: undefined, hook_name: 'blocks.1.hook_z', reshape_activations: 'hook_z' }],
    [{ hook_point: 'blocks.1.attn.hook_z', reshape_activations: 'none' }],
  ])('are read with their rows flat: %j', async (cfg) => {
    const sae = randomSae('standard');
    requireSameModel(await readSae('saelens', oldFiles(sae, cfg)), sae);
  });

  test('are refused flat at other hook points', async () => {
    const files = oldFiles(randomSae('standard'), { reshape_activations: 'hook_z' });
    await expect(readSae('saelens', files)).rejects.toThrow(
      /reshape_activations "hook_z".*none is, and hook_z at attn.hook_z/,
    );
  });

  test('say so where SAELens reads them', () => {
    const sae = randomSae('standard');
    const at = (hook_name: string) =>
      JSON.parse(formatSaelensConfig({ ...sae.cfg, metadata: { hook_name } })).reshape_activations;
    expect([at('blocks.1.attn.hook_z'), at('blocks.1.hook_attn_out')]).toEqual(['hook_z', 'none']);
  });
});

describe('Gemma Scope', () => {
  test.each([
    ['gemma-scope', 'gemma-scope-2b-pt-att/layer_3/width_16k', 'blocks.3.attn.hook_z'],
    ['gemma-scope', 'gemma-scope-2b-pt-res-canonical/layer_3/width_16k', 'blocks.3.hook_resid_post'],
    ['gemma-scope', 'gemma-scope-9b-pt-mlp/layer_30/width_16k', 'blocks.30.hook_mlp_out'],
  ] as const)('%s says in the path %s that it reads %s', async (format, folder, hookPoint) => {
    const files = memoryFiles(writeSae(randomSae('jumprelu'), format).files, folder);
    expect((await readSae(format, files)).sae.cfg.metadata.hook_name).toBe(hookPoint);
  });

  test.each(['hook_resid_post', 'attn.hook_z', 'hook_attn_out', 'hook_mlp_out'])(
    '2 names the module of %s and is read again',
    async (kind) => {
      const sae = randomSae('jumprelu');
      sae.cfg.metadata = { hook_name: `blocks.4.${kind}` };
      const { files } = writeSae(sae, 'gemma-scope-2');
      const written = JSON.parse(Buffer.concat(files['config.json']!).toString());
      expect(written.hf_hook_point_in).toMatch(/^model\.layers\.4\./);
      delete written.facet_metadata;
      const bare = { ...files, 'config.json': [Buffer.from(JSON.stringify(written))] };
      const read = await readSae('gemma-scope-2', memoryFiles(bare));
      expect(read.sae.cfg.metadata.hook_name).toBe(`blocks.4.${kind}`);
    },
  );
});
