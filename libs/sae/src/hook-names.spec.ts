import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hookPointOfModule, hookPointOfSubmodule, isHeadOutput, resolveHookName } from './hook-names.ts';

describe('resolveHookName', () => {
  test.each([
    ['blocks.8.hook_resid_pre', 'blocks.8.hook_resid_pre'],
    ['blocks.08.hook_in', 'blocks.8.hook_resid_pre'],
    ['blocks.3.attn.hook_z', 'blocks.3.attn.hook_z'],
    ['blocks.3.hook_z', 'blocks.3.attn.hook_z'],
    ['blocks.3.attn.o.hook_in', 'blocks.3.attn.hook_z'],
    ['blocks.3.hook_q', 'blocks.3.attn.hook_q'],
    ['blocks.3.attn.k.hook_out', 'blocks.3.attn.hook_k'],
    ['blocks.3.attn.hook_v', 'blocks.3.attn.hook_v'],
    ['blocks.5.ln1.hook_normalized', 'blocks.5.ln1.hook_normalized'],
    ['blocks.5.ln2.hook_normalized', 'blocks.5.ln2.hook_normalized'],
    ['blocks.5.ln2.hook_in', 'blocks.5.hook_resid_mid'],
    ['blocks.0.hook_attn_out', 'blocks.0.hook_attn_out'],
    ['blocks.0.attn.hook_out', 'blocks.0.hook_attn_out'],
    ['blocks.0.mlp.hook_out', 'blocks.0.hook_mlp_out'],
    ['blocks.0.mlp.hook_post', 'blocks.0.mlp.hook_post'],
    ['blocks.0.mlp_added', 'blocks.0.mlp_added'],
    ['blocks.23.hook_out', 'blocks.23.hook_resid_post'],
    ['model.layers.7.mlp.down_proj.input', 'blocks.7.mlp.hook_post'],
    ['gpt_neox.layers.7', 'blocks.7.hook_resid_post'],
  ])('finds that %s is %s', (name, hookPoint) => {
    expect(resolveHookName(name, 'sae')).toBe(hookPoint);
  });

  test.each([
    'blocks.3.attn.hook_result',
    'blocks.3.attn.hook_pattern',
    'blocks.3.attn.hook_rot_q',
    'blocks.3.mlp.hook_pre',
    'blocks.3.ln1.hook_scale',
    'hook_embed',
    'ln_final.hook_normalized',
    'blocks.x.hook_z',
    'model.layers.3.input_layernorm.output',
    'constructor',
    'blocks.1.constructor',
    '',
  ])('refuses %j by name, with what there is', (name) => {
    expect(() => resolveHookName(name, 'sae')).toThrow(
      expect.objectContaining({
        kind: 'unimplemented',
        reason: 'UNKNOWN_HOOK_POINT',
        message: expect.stringMatching(
          `^sae reads "${name}", which is no hook point here; .* blocks.L. .*attn.hook_z.*`,
        ),
      }),
    );
  });
});

describe('hookPointOfModule', () => {
  test('knows what Gemma Scope 2 reads: after the norms behind attention and MLP, or what the heads give', () => {
    const options = { hasPostNorms: true };
    expect(hookPointOfModule('model.layers.5.output', options)).toBe('blocks.5.hook_resid_post');
    expect(hookPointOfModule('model.layers.5.self_attn.o_proj.input', options)).toBe('blocks.5.attn.hook_z');
    expect(
      hookPointOfModule('model.language_model.layers.5.post_feedforward_layernorm.output', options),
    ).toBe('blocks.5.hook_mlp_out');
    // Before its norm, what the MLP gives is no hook point of these models.
    expect(hookPointOfModule('model.layers.5.mlp.output', options)).toBeUndefined();
    expect(hookPointOfModule('model.layers.5.post_feedforward_layernorm.output')).toBeUndefined();
  });

  test.each([
    ['transformer.h.2.attn.c_proj.input', 'blocks.2.attn.hook_z'],
    ['gpt_neox.layers.2.attention', 'blocks.2.hook_attn_out'],
    ['layers.2.mlp', 'blocks.2.hook_mlp_out'],
    ['h.2.input', 'blocks.2.hook_resid_pre'],
    ['layers.2.self_attn.rotary', undefined],
    ['vision.layers.2.mlp', undefined],
  ])('finds that %s is %s', (module, hookPoint) => {
    expect(hookPointOfModule(module)).toBe(hookPoint);
  });
});

describe('hookPointOfSubmodule', () => {
  test.each([
    ['resid_post_layer_8', 'blocks.8.hook_resid_post'],
    ['resid_pre', 'blocks.8.hook_resid_pre'],
    ['attention_out', 'blocks.8.hook_attn_out'],
    ['mlp_out_layer_8', 'blocks.8.hook_mlp_out'],
    ['unembed', undefined],
  ])('finds that %s is %s', (name, hookPoint) => {
    expect(hookPointOfSubmodule(name, 8)).toBe(hookPoint);
    expect(hookPointOfSubmodule(name, undefined)).toBeUndefined();
  });
});

describe('isHeadOutput', () => {
  test('is so for hook_z in every spelling', () => {
    expect(['blocks.1.attn.hook_z', 'blocks.1.hook_z'].every(isHeadOutput)).toBe(true);
    expect(['blocks.1.hook_attn_out', undefined, 5].some(isHeadOutput)).toBe(false);
  });
});

/** Published SAEs, one a line. */
const PUBLISHED = join(__dirname, '../../../../shared/data/saes/published.tsv');
const testPublished = existsSync(PUBLISHED) ? test : test.skip;

testPublished('every hook point that the id of a published SAE names is found', () => {
  const names = readFileSync(PUBLISHED, 'utf8').match(
    /\bblocks\.\d+\.hook_(?:resid_(?:pre|mid|post)|[a-z]+_out|[qkvz])(?![a-z])/g,
  )!;
  expect(new Set(names.map((name) => name.replace(/\d+/, 'L'))).size).toBe(6);
  for (const name of new Set(names)) expect(resolveHookName(name, 'sae')).toMatch(/^blocks\.\d+\./);
});
