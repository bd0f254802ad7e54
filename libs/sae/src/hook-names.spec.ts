import { isHeadOutput, readHookName, resolveHookName, type SpelledHook, tellHook } from './hook-names.ts';

/** Reads a spelling to its hook point, or to its problem. */
const read = (spelling: string, rest: Omit<SpelledHook, 'spelling'> = {}) => {
  const reading = readHookName({ spelling, ...rest });
  return 'problem' in reading ? reading.problem : reading.hookPoint;
};

describe('readHookName', () => {
  test.each([
    ...['hook_resid_pre', 'hook_resid_mid', 'hook_resid_post', 'hook_attn_out', 'hook_mlp_out'],
    ...['attn.hook_q', 'attn.hook_k', 'attn.hook_v', 'attn.hook_z', 'mlp.hook_post'],
    ...['ln1.hook_normalized', 'ln2.hook_normalized', 'attn_added', 'mlp_added'],
  ])("takes TransformerLens's %s as it is, for every model, with its layer anywhere", (kind) => {
    for (const model of [undefined, 'gemma2', 'gpt2', 'llama'])
      expect(read(`blocks.11.${kind}`, { model })).toBe(`blocks.11.${kind}`);
    expect(read(`blocks.{layer}.${kind}`, { layer: 7 })).toBe(`blocks.7.${kind}`);
    expect(read(kind, { layer: 0 })).toBe(`blocks.0.${kind}`);
    expect(read(kind)).toBe(`"${kind}" names no layer`);
  });

  test.each([
    ['blocks.0.hook_z', 'blocks.0.attn.hook_z'],
    ['blocks.3.hook_q', 'blocks.3.attn.hook_q'],
    ['blocks.5.hook_in', 'blocks.5.hook_resid_pre'],
    ['blocks.5.hook_out', 'blocks.5.hook_resid_post'],
    ['blocks.5.attn.o.hook_in', 'blocks.5.attn.hook_z'],
    ['blocks.5.attn.v.hook_out', 'blocks.5.attn.hook_v'],
    ['blocks.5.mlp.out.hook_in', 'blocks.5.mlp.hook_post'],
    ['blocks.5.hook_mlp_post', 'blocks.5.mlp.hook_post'],
    ['resid_mid_layer_3', 'blocks.3.hook_resid_mid'],
    ['blocks.08.hook_resid_pre', 'blocks.8.hook_resid_pre'],
    ['layers.5', 'blocks.5.hook_resid_post'],
    ['model.layers.5', 'blocks.5.hook_resid_post'],
    ['model.layers.5.output', 'blocks.5.hook_resid_post'],
    ['model.layers.5.input', 'blocks.5.hook_resid_pre'],
    ['model.language_model.layers.31.output', 'blocks.31.hook_resid_post'],
    ['transformer.h.0', 'blocks.0.hook_resid_post'],
    ['gpt_neox.layers.3', 'blocks.3.hook_resid_post'],
    ['model.layers.2.self_attn.o_proj.input', 'blocks.2.attn.hook_z'],
    ['transformer.h.2.attn.c_proj.input', 'blocks.2.attn.hook_z'],
    ['gpt_neox.layers.2.attention.dense.input', 'blocks.2.attn.hook_z'],
    ['model.layers.2.self_attn.q_proj', 'blocks.2.attn.hook_q'],
    ['model.layers.2.mlp.down_proj.input', 'blocks.2.mlp.hook_post'],
    ['h.4.ln_2', 'blocks.4.ln2.hook_normalized'],
    ['resid_post_layer_12', 'blocks.12.hook_resid_post'],
    ['resid_out_layer3', 'blocks.3.hook_resid_post'],
  ])('reads %s as %s in every family', (spelling, hookPoint) => {
    for (const model of [undefined, 'gemma3_text', 'google/gemma-2-2b', 'gpt_neox', 'qwen3'])
      expect(readHookName({ spelling, model })).toEqual({ hookPoint });
  });

  test.each([
    ['model.layers.5.mlp', 'hook_mlp_out'],
    ['layers.5.mlp.down_proj', 'hook_mlp_out'],
    ['mlp_out_layer_5', 'hook_mlp_out'],
    ['blocks.5.mlp.hook_out', 'hook_mlp_out'],
    ['layers.5.self_attn', 'hook_attn_out'],
    ['h.5.attn.c_proj', 'hook_attn_out'],
    ['gpt_neox.layers.5.attention', 'hook_attn_out'],
    ['attention_out_layer_5', 'hook_attn_out'],
  ])('reads the result of %s, but not where it still has to pass a norm', (spelling, kind) => {
    const hookPoint = `blocks.5.${kind}`;
    for (const model of [
      'llama',
      'olmo2',
      'gpt2',
      'EleutherAI/pythia-70m-deduped',
      'google/gemma-2b',
      'gemma',
    ])
      expect(readHookName({ spelling, model })).toEqual({ hookPoint });
    for (const model of ['gemma2', 'gemma3_text', 'google/gemma-2-2b', 'google/gemma-3-4b-it'])
      expect(read(spelling, { model })).toMatch(
        new RegExp(`is no hook point in "${model}": its result still has to pass a norm there, and ${kind}`),
      );
    expect(readHookName({ spelling })).toEqual({ hookPoint, caveat: expect.stringMatching(/Gemma 2 and 3/) });
  });

  test.each([
    ['post_attention_layernorm', 'gemma2', 'hook_attn_out'],
    ['post_attention_layernorm', 'olmo2', 'attn_added'],
    ['post_attention_layernorm', 'gpt_neox', 'ln2.hook_normalized'],
    ['post_attention_layernorm', 'llama', undefined],
    ['post_attention_layernorm', undefined, undefined],
    ['post_feedforward_layernorm', 'gemma3', 'hook_mlp_out'],
    ['post_feedforward_layernorm', 'allenai/OLMo-2-1B', 'mlp_added'],
    ['input_layernorm', 'phi', 'ln1.hook_normalized'],
    ['input_layernorm', 'microsoft/phi-2', 'ln1.hook_normalized'],
    ['input_layernorm', 'phi3', undefined],
    ['input_layernorm', 'llama', undefined],
    ['pre_feedforward_layernorm', 'gemma2', undefined],
  ])('reads %s of %s as %s', (module, model, kind) => {
    const said = read(`model.layers.6.${module}.output`, { model });
    if (kind !== undefined) expect(said).toBe(`blocks.6.${kind}`);
    else expect(said).toMatch(/is no hook point/);
  });

  test.each([
    ['hook_embed', /embeddings are read as blocks\.0\.hook_resid_pre/],
    ['model.embed_tokens', /embeddings/],
    ['transformer.wte', /embeddings/],
    ['blocks.3.attn.hook_pattern', /patterns of attention/],
    ['blocks.3.hook_mlp_in', /those of hook_resid_mid/],
    ['blocks.3.hook_q_input', /those of hook_resid_pre/],
    ['blocks.3.mlp.hook_pre', /no hook point that is read here/],
    ['blocks.3.attn.hook_result', /no hook point/],
    ['blocks.3.constructor', /no hook point/],
    ['constructor', /no place/],
    ['vision_tower.encoder.layers.3.mlp', /no place/],
    ['model.layers.3.block_sparse_moe', /no hook point/],
    ['model.layers.3.mlp.input', /no hook point/],
    ['gate_proj_layer_7', /no place/],
    ['', /no place/],
    ['x'.repeat(100_000), /^.{0,300}$/],
  ])('refuses %.60s by name', (spelling, problem) => {
    expect(read(spelling)).toMatch(problem);
    expect(tellHook({ spelling }, 'x')).toEqual({
      conversions: [],
      hookProblem: expect.stringMatching(problem),
    });
  });
});

describe('resolveHookName', () => {
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
  ])('refuses %j by name, with what there is', (spelling) => {
    expect(() => resolveHookName({ spelling }, 'sae')).toThrow(
      expect.objectContaining({
        kind: 'unimplemented',
        reason: 'UNKNOWN_HOOK_POINT',
        message: expect.stringMatching(
          `^sae reads "${spelling}", which is no hook point here: .* blocks.L. .*attn.hook_z.*`,
        ),
      }),
    );
  });
});

describe('isHeadOutput', () => {
  test('is so for hook_z in every spelling', () => {
    expect(['blocks.1.attn.hook_z', 'blocks.{layer}.hook_z', 'attn.hook_z'].every(isHeadOutput)).toBe(true);
    expect(['blocks.1.hook_attn_out', undefined, 5].some(isHeadOutput)).toBe(false);
  });
});
