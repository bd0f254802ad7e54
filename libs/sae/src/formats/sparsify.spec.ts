import { serializeSafetensors } from '@facet/tensor';
import { decode } from '../decode.ts';
import { encodeReference } from '../encode-reference.ts';
import { memoryFiles, writtenFiles } from '../testing/memory-files.ts';
import { randomSae } from '../testing/random-sae.ts';
import { requireSameModel } from '../testing/same-model.ts';
import { readSae, writeSae } from './formats.ts';

/** d_in 2, 3 latents; rows of encoder.weight and W_dec are latents, as sparsify stores them. */
function handFiles(changes: { cfg?: object; tensors?: object } = {}) {
  const F32 = 'F32' as const;
  const cfg = { d_in: 2, num_latents: 3, k: 1, activation: 'topk', transcode: false, ...changes.cfg };
  const tensors = {
    W_dec: { dtype: F32, shape: [3, 2], data: Float32Array.of(1, 0, 0, 1, 5, 6) },
    b_dec: { dtype: F32, shape: [2], data: Float32Array.of(10, 20) },
    'encoder.bias': { dtype: F32, shape: [3], data: Float32Array.of(0, 0, 0.5) },
    'encoder.weight': { dtype: F32, shape: [3, 2], data: Float32Array.of(1, 0, 0, 1, 2, 3) },
    ...changes.tensors,
  };
  return memoryFiles({
    'cfg.json': [Buffer.from(JSON.stringify(cfg))],
    'sae.safetensors': serializeSafetensors(tensors),
  });
}

describe('sparsify', () => {
  test('encodes and decodes as its own code does, by hand', async () => {
    const { sae } = await readSae('sparsify', handFiles());
    // x − b_dec = [1, 1]: pre = [1, 1, 2 + 3 + 0.5].
    const acts = encodeReference(sae, Float32Array.of(11, 21), 1);
    expect(Array.from(acts.indices)).toEqual([2]);
    expect(Array.from(acts.values)).toEqual([5.5]);
    expect(Array.from(decode(sae, acts))).toEqual([10 + 5.5 * 5, 20 + 5.5 * 6]);
  });

  test('takes the number of latents from expansion_factor where num_latents is 0', async () => {
    const wide = { d_in: 1, num_latents: 0, expansion_factor: 3 };
    const F32 = 'F32' as const;
    const tensors = {
      W_dec: { dtype: F32, shape: [3, 1], data: new Float32Array(3) },
      b_dec: { dtype: F32, shape: [1], data: new Float32Array(1) },
      'encoder.weight': { dtype: F32, shape: [3, 1], data: new Float32Array(3) },
    };
    expect((await readSae('sparsify', handFiles({ cfg: wide, tensors }))).sae.cfg.d_sae).toBe(3);
  });

  test.each([
    ['', { apply_b_dec_to_input: true }],
    [' on the raw input', { apply_b_dec_to_input: false }],
    [' with rescaled selection', { rescale_acts_by_decoder_norm: true }],
  ])('gives back a topk SAE%s', async (_, overrides) => {
    const metadata = { hook_name: 'blocks.3.hook_mlp_out', inference_threshold: 0.5 };
    const sae = randomSae('topk', { ...overrides, metadata });
    const read = await readSae('sparsify', memoryFiles(writeSae(sae, 'sparsify').files));
    expect(read.sae.cfg.metadata).toEqual(metadata);
    requireSameModel(read, sae);
  });

  test.each([
    ['checkpoints/layers.5', 'blocks.5.hook_resid_post'],
    ['checkpoints/layers.12.mlp', 'blocks.12.hook_mlp_out'],
    ['h.0.attn', 'blocks.0.hook_attn_out'],
  ])('reads the hook point from the folder %s', async (folder, hook) => {
    const files = { ...handFiles(), source: folder };
    const { sae, conversions } = await readSae('sparsify', files);
    expect(sae.cfg.metadata.hook_name).toBe(hook);
    expect(conversions.join()).toContain(`hook_name ${hook} is read from the path`);
    const single = { ...files, source: `${folder}/sae.safetensors`, weights: 'sae.safetensors' };
    expect((await readSae('sparsify', single)).sae.cfg.metadata.hook_name).toBe(hook);
  });

  test.each(['layers.12.mlp', 'h.0.attn'])('finds no hook point in %s of Gemma 2', async (folder) => {
    const files = { ...handFiles(), source: folder };
    const { sae, hookProblem } = await readSae('sparsify', files, { modelType: 'gemma2' });
    expect(sae.cfg.metadata).toEqual({});
    expect(hookProblem).toMatch(/no hook point in "gemma2": its result still has to pass a norm there/);
    const other = await readSae('sparsify', files, { modelType: 'llama' });
    expect(other).toMatchObject({
      hookProblem: undefined,
      conversions: [expect.anything(), expect.not.stringMatching(/Gemma/)],
    });
  });

  test('refuses a folder that names another hook point than what was kept', async () => {
    const kept = handFiles({ cfg: { facet_metadata: { hook_name: 'blocks.3.hook_resid_post' } } });
    await expect(readSae('sparsify', { ...kept, source: 'checkpoints/layers.5' })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(
        /hook point in its path is "blocks\.5\.hook_resid_post", but facet_metadata\.hook_name is "blocks\.3/,
      ),
    });
    expect((await readSae('sparsify', { ...kept, source: 'checkpoints/layers.3' })).sae.cfg.metadata).toEqual(
      {
        hook_name: 'blocks.3.hook_resid_post',
      },
    );
  });

  test.each([
    [{ cfg: { transcode: true } }, /transcode true/],
    [{ cfg: { activation: 'groupmax' } }, /activation "groupmax"/],
    [{ cfg: { skip_connection: true } }, /skip_connection true/],
    [{ cfg: { signed: true } }, /signed true/],
    [
      { cfg: { post_encoder_scale: 2 } },
      /cfg.json: post_encoder_scale 2 is not supported; it is unknown here/,
    ],
    [{ cfg: { pre_bias: true } }, /pre_bias true/],
    [{ cfg: { jumprelu: 'yes' } }, /jumprelu "yes"/],
    [{ cfg: { n_targets: 3 } }, /n_targets 3/],
    [{ cfg: { k: 0 } }, /k is 0/],
    [{ cfg: { k: 4 } }, /k is 4/],
    [{ cfg: { num_latents: 4 } }, /encoder.weight has shape \[3,2\]; its configuration asks for \[4,2\]/],
    [{ cfg: { d_in: 1e9 } }, /d_in is 1000000000/],
    [{ cfg: { d_in: '2' } }, /not a sparsify configuration.*d_in/s],
    [
      { tensors: { W_skip: { dtype: 'F32', shape: [2, 2], data: new Float32Array(4) } } },
      /a sparsify SAE has no tensor "W_skip"/,
    ],
    [
      { tensors: { b_dec: { dtype: 'F32', shape: [2], data: Float32Array.of(1, Number.NaN) } } },
      /b_dec.*NaN at index 1/,
    ],
  ])('refuses %j', async (changes, message) => {
    await expect(readSae('sparsify', handFiles(changes))).rejects.toThrow(message);
  });

  test('refuses what it cannot hold, and says where it can go', () => {
    expect(() => writeSae(randomSae('gated'), 'sparsify')).toThrow(
      /sparsify cannot hold a gated SAE, only topk; export it as saelens/,
    );
  });

  test('writes its own file names and sizes', () => {
    const files = writtenFiles(writeSae(randomSae('topk'), 'sparsify').files);
    expect(Object.keys(files)).toEqual(['cfg.json', 'sae.safetensors']);
    expect(JSON.parse(Buffer.from(files['cfg.json']).toString())).toMatchObject({
      d_in: 10,
      num_latents: 37,
      k: 5,
    });
  });
});
