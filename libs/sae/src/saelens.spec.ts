import { serializeSafetensors } from '@facet/tensor';
import { readSaelens, writeSaelens } from './saelens.ts';
import { parseSaelensConfig } from './saelens-config.ts';
import { randomSae } from './testing/random-sae.ts';

const join = (chunks: Uint8Array[]) => new Uint8Array(Buffer.concat(chunks));

describe('writeSaelens and readSaelens', () => {
  test.each(['topk', 'standard', 'jumprelu', 'gated'] as const)(
    'give back the same %s SAE',
    (architecture) => {
      const sae = randomSae(architecture, {
        metadata: { hook_name: 'blocks.0.hook_resid_post', custom: [1] },
      });
      const { cfg, weights } = writeSaelens(sae);
      expect(readSaelens({ cfg, weights: join(weights) }, 'saes/x')).toEqual(sae);
    },
  );

  test('hash SAEs apart that are read otherwise, or read another hook point, with the same numbers', () => {
    const sae = randomSae('topk', { metadata: { hook_name: 'blocks.0.hook_resid_post' } });
    const bytesOf = (change: object) =>
      Buffer.from(join(writeSaelens({ ...sae, cfg: { ...sae.cfg, ...change } }).weights)).toString('hex');
    const own = bytesOf({});
    expect(bytesOf({ metadata: { ...sae.cfg.metadata, model_name: 'other' } })).toBe(own);
    for (const change of [{ k: 4 }, { metadata: { hook_name: 'blocks.1.hook_resid_post' } }])
      expect(bytesOf(change)).not.toBe(own);
  });

  test('publish batchtopk as jumprelu, as SAELens does', () => {
    const sae = randomSae('batchtopk', { k: 5 });
    const { cfg, weights } = writeSaelens(sae);
    const read = readSaelens({ cfg, weights: join(weights) }, 'saes/x');
    expect(read.cfg.architecture).toBe('jumprelu');
    expect(read.threshold).toEqual(sae.threshold);
    expect(JSON.parse(cfg).k).toBeUndefined();
  });

  test('refuse missing, unknown, misshapen and non-finite tensors by name', () => {
    const sae = randomSae('standard');
    const { cfg } = writeSaelens(sae);
    const tensors = {
      W_enc: { dtype: 'F32' as const, shape: [10, 37], data: sae.W_enc },
      b_enc: { dtype: 'F32' as const, shape: [37], data: sae.b_enc },
      W_dec: { dtype: 'F32' as const, shape: [37, 10], data: sae.W_dec },
    };
    const b_dec = { dtype: 'F32' as const, shape: [10], data: sae.b_dec };
    const read = (changed: object) =>
      readSaelens({ cfg, weights: join(serializeSafetensors({ ...tensors, ...changed })) }, 'saes/x');
    expect(() => read({})).toThrow(/saes\/x: the tensor b_dec \[10\] is missing/);
    expect(() => read({ b_dec, threshold: b_dec })).toThrow(/a standard SAE has no tensor "threshold"/);
    expect(() => read({ b_dec, W_enc: { ...tensors.W_enc, shape: [37, 10] } })).toThrow(
      /W_enc has shape \[37,10\]/,
    );
    const broken = { ...b_dec, data: Float32Array.from(sae.b_dec).fill(Number.NaN, 2, 3) };
    expect(() => read({ b_dec: broken })).toThrow(/b_dec.*NaN/);
    expect(() => writeSaelens({ ...sae, b_dec: broken.data })).toThrow(/b_dec.*NaN/);
  });
});

describe('parseSaelensConfig', () => {
  const flat = {
    architecture: 'standard',
    d_in: 768,
    d_sae: 24576,
    dtype: 'torch.float32',
    model_name: 'gpt2-small',
    hook_point: 'blocks.8.hook_resid_pre',
    context_size: 128,
    activation_fn_str: 'topk',
    activation_fn_kwargs: { k: 32 },
    apply_b_dec_to_input: true,
    normalize_activations: 'none',
    lr: 4e-4,
  };

  test('reads the older flat layout', () => {
    const cfg = parseSaelensConfig(JSON.stringify(flat), 'saes/x');
    expect(cfg).toMatchObject({ architecture: 'topk', k: 32, d_in: 768, dtype: 'float32' });
    expect(cfg.metadata).toEqual({
      model_name: 'gpt2-small',
      hook_name: 'blocks.8.hook_resid_pre',
      context_size: 128,
    });
  });

  test.each([
    [{ architecture: 'crosscoder' }, /the architecture "crosscoder" is not supported/],
    [{ d_in: '768' }, /cfg.json is not a SAELens configuration/],
    [{ d_sae: 2 ** 40 }, /d_sae is 1099511627776/],
    [{ d_in: -1 }, /d_in is -1/],
    [{ activation_fn_kwargs: { k: 1e9 } }, /k is 1000000000/],
    [{ activation_fn_kwargs: undefined }, /k is undefined/],
    [{ activation_fn_str: 'gelu' }, /activation_fn_str "gelu" is not supported/],
    [{ normalize_activations: 'layer_norm' }, /normalize_activations layer_norm is not supported/],
    [{ finetuning_scaling_factor: true }, /finetuning_scaling_factor/],
  ])('refuses %j', (change, message) => {
    expect(() => parseSaelensConfig(JSON.stringify({ ...flat, ...change }), 'saes/x')).toThrow(message);
  });

  const without = { activation_fn_str: undefined, activation_fn_kwargs: undefined };

  test.each<[object, RegExp]>([
    [
      { activation_fn_str: undefined },
      /activation_fn_kwargs\.k is 32, but a standard SAE without an activation function/,
    ],
    [
      { activation_fn_str: 'relu' },
      /activation_fn_kwargs\.k is 32, but a standard SAE with activation_fn relu/,
    ],
    [{ ...without, k: 8 }, /k is 8, but a standard SAE/],
    [{ activation_fn: 'relu' }, /activation_fn_str is "topk", but activation_fn is "relu"/],
    [{ k: 8 }, /k is 8, but activation_fn_kwargs\.k is 32/],
    [{ architecture: 'jumprelu' }, /activation_fn_str is "topk", but the architecture is jumprelu/],
    [{ architecture: 'gated' }, /activation_fn_str is "topk", but the architecture is gated/],
    [{ architecture: 'batchtopk' }, /activation_fn_str is "topk", but the architecture is batchtopk/],
    [{ ...without, architecture: 'jumprelu', k: 4 }, /k is 4, but a jumprelu SAE/],
    [
      { architecture: 'topk', activation_fn_str: 'relu' },
      /activation_fn_str is "relu", but the architecture is topk/,
    ],
    [
      { ...without, rescale_acts_by_decoder_norm: true },
      /rescale_acts_by_decoder_norm is true for a standard SAE/,
    ],
    [
      { hook_name: 'blocks.7.hook_resid_pre' },
      /hook_name is "blocks\.7\.hook_resid_pre", but hook_point is "blocks\.8/,
    ],
    [{ hook_layer: 7 }, /the layer of blocks\.8\.hook_resid_pre is 8, but hook_layer is 7/],
    [{ hook_point_layer: 9 }, /the layer of blocks\.8\.hook_resid_pre is 8, but hook_point_layer is 9/],
    [
      { metadata: { hook_name: 'blocks.8.hook_resid_pre', hook_layer: 3 } },
      /the layer of blocks\.8\.hook_resid_pre is 8, but metadata\.hook_layer is 3/,
    ],
    [
      { metadata: { hook_name: 'blocks.1.hook_resid_pre' } },
      /metadata\.hook_name is "blocks\.1.*hook_name is "blocks\.8/,
    ],
    [
      { metadata: { model_name: 'pythia' } },
      /metadata\.model_name is "pythia", but model_name is "gpt2-small"/,
    ],
    [{ meta: { context_size: 64 } }, /metadata\.context_size is 64, but context_size is 128/],
    [
      { metadata: { context_size: 128, prepend_bos: true }, meta: { prepend_bos: false } },
      /metadata\.prepend_bos is true, but meta\.prepend_bos is false/,
    ],
  ])('refuses the contradiction in %j and names both values', (change, message) => {
    const read = () => parseSaelensConfig(JSON.stringify({ ...flat, ...change }), 'saes/x');
    expect(read).toThrow(
      expect.objectContaining({ kind: 'invalid', message: expect.stringMatching(message) }),
    );
  });

  test.each<[object, RegExp]>([
    [{ activation_fn: 'tanh-relu', activation_fn_str: undefined }, /activation_fn "tanh-relu"/],
    [{ activation_fn_kwargs: { k: 32, signed: true } }, /activation_fn_kwargs\.signed true/],
    [{ activation_fn_kwargs: { k: 32, postact_fn: 'abs' } }, /activation_fn_kwargs\.postact_fn "abs"/],
    [{ normalize_activations: 'rms' }, /normalize_activations "rms"/],
    [{ hook_head_index: 3 }, /hook_head_index 3/],
    [{ metadata: { hook_head_index: 0 } }, /hook_head_index 0/],
    [{ hook_point_out: 'blocks.8.hook_mlp_out' }, /hook_point_out "blocks\.8\.hook_mlp_out"/],
    [{ d_out: 512 }, /d_out 512/],
    [{ is_transcoder: true }, /is_transcoder true/],
    [{ skip_connection: true }, /skip_connection true/],
  ])('refuses the option in %j by name', (change, message) => {
    const read = () => parseSaelensConfig(JSON.stringify({ ...flat, ...change }), 'saes/x');
    expect(read).toThrow(
      expect.objectContaining({ kind: 'unimplemented', message: expect.stringMatching(message) }),
    );
  });

  test('takes keys that say the same twice, empty ones, and the metadata of v6 before its release', () => {
    const same = {
      ...{
        activation_fn: 'topk',
        k: 32,
        hook_name: 'blocks.8.hook_resid_pre',
        hook_layer: 8,
        hook_point_layer: 8,
      },
      ...{ hook_head_index: null, hook_point_head_index: null, d_out: 768, is_transcoder: false },
      metadata: { hook_name: 'blocks.8.hook_resid_pre', context_size: 128 },
    };
    expect(parseSaelensConfig(JSON.stringify({ ...flat, ...same }), 'saes/x')).toMatchObject({ k: 32 });
    const meta = {
      architecture: 'standard',
      d_in: 4,
      d_sae: 8,
      meta: { hook_name: 'blocks.0.hook_mlp_out' },
    };
    expect(parseSaelensConfig(JSON.stringify(meta), 'saes/x').metadata.hook_name).toBe(
      'blocks.0.hook_mlp_out',
    );
  });

  test('takes metadata in which what is not known is null', () => {
    const metadata = {
      model_name: null,
      hook_name: 'blocks.8.hook_resid_pre',
      context_size: null,
      sae_lens: null,
    };
    const v6 = { architecture: 'standard', d_in: 4, d_sae: 8, metadata };
    expect(parseSaelensConfig(JSON.stringify(v6), 'saes/x').metadata).toEqual({
      hook_name: 'blocks.8.hook_resid_pre',
      sae_lens: null,
    });
  });

  test('refuses what is not JSON', () => {
    expect(() => parseSaelensConfig('{', 'saes/x')).toThrow(/saes\/x: cfg.json is not JSON/);
  });
});
