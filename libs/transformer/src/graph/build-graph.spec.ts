import { parseModelConfig } from '../config/model-config.ts';
import type { Weight } from '../weights/model-weights.ts';
import { createTensorSource } from '../weights/tensor-source.ts';
import { buildGraph } from './build-graph.ts';
import { buildHeadGraph } from './build-head-graph.ts';
import type { GraphRequest } from './graph-request.ts';

const { spec, takeWeights } = parseModelConfig(
  JSON.stringify({
    model_type: 'llama',
    hidden_size: 2048,
    num_hidden_layers: 6,
    num_attention_heads: 16,
    num_key_value_heads: 4,
    intermediate_size: 8192,
    vocab_size: 128_000,
    max_position_embeddings: 131_072,
    rms_norm_eps: 1e-5,
    rope_theta: 5e5,
  }),
  'config.json',
);

/** A model of two billion weights that exists in name only: graphs never read a weight. */
const model = { spec, weights: takeWeights(createTensorSource(imaginaryTensors(), 'model')) };

function imaginaryTensors(): Map<string, Weight> {
  const [d, m, q, kv, v] = [2048, 8192, 2048, 512, 128_000];
  const shapes: Record<string, number[]> = {
    'model.embed_tokens.weight': [v, d],
    'lm_head.weight': [v, d],
    'model.norm.weight': [d],
  };
  for (let layer = 0; layer < 6; layer++) {
    const attention = { q_proj: [q, d], k_proj: [kv, d], v_proj: [kv, d], o_proj: [d, q] };
    const mlp = { gate_proj: [m, d], up_proj: [m, d], down_proj: [d, m] };
    const named = (part: string, tensors: Record<string, number[]>) =>
      Object.entries(tensors).map(([name, shape]) => [`model.layers.${layer}.${part}${name}.weight`, shape]);
    const norms = { input_layernorm: [d], post_attention_layernorm: [d] };
    Object.assign(
      shapes,
      Object.fromEntries([...named('self_attn.', attention), ...named('mlp.', mlp), ...named('', norms)]),
    );
  }
  let byteOffset = 1000;
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const byteLength = 2 * shape.reduce((product, extent) => product * extent, 1);
      const weight: Weight = {
        name,
        dtype: 'BF16',
        shape,
        byteOffset,
        byteLength,
        file: 'model.safetensors',
      };
      byteOffset += byteLength;
      return [name, weight];
    }),
  );
}

const REQUEST: GraphRequest = {
  attention: 'context',
  causalBlocks: 1,
  hookPoints: [],
  activationDtype: 'F32',
  interventions: [],
  replacements: [],
  head: 'none',
};

/** Names of the weights that a graph refers to. */
function referredWeights(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('latin1');
  return [...(imaginaryTensors() as Map<string, Weight>).keys()].filter((name) => text.includes(name));
}

describe('buildGraph', () => {
  test('writes a few kilobytes whatever the weights and the context', () => {
    const { bytes } = buildGraph(model, { ...REQUEST, attention: 'cache', head: 'logits' });
    expect(bytes.length).toBeLessThan(32 * 1024);
    expect(referredWeights(bytes).length).toBe(3 + 9 * 6);
  });

  test('stops at the last hook point and leaves everything after it out', () => {
    const { bytes } = buildGraph(model, { ...REQUEST, hookPoints: ['blocks.2.hook_resid_mid'] });
    const names = referredWeights(bytes);
    expect(names).toContain('model.layers.2.self_attn.o_proj.weight');
    expect(
      names.some((name) => /layers\.[3-5]\.|layers\.2\.(mlp|post_)|lm_head|model\.norm/.test(name)),
    ).toBe(false);
    expect(names.length).toBe(1 + 2 * 9 + 5);
  });

  test('stops at the neurons of the MLP before the down projection', () => {
    const hookPoint = 'blocks.2.mlp.hook_post';
    const { bytes, outputs } = buildGraph(model, { ...REQUEST, hookPoints: [hookPoint] });
    const names = referredWeights(bytes);
    expect(names).toContain('model.layers.2.mlp.up_proj.weight');
    expect(names.some((name) => /layers\.[3-5]\.|layers\.2\.mlp\.down|lm_head/.test(name))).toBe(false);
    expect(outputs.map(({ shape }) => shape)).toEqual([['B', 'T', spec.d_mlp]]);
  });

  test('needs nothing but the embedding for the first hook point', () => {
    const { bytes, inputs } = buildGraph(model, { ...REQUEST, hookPoints: ['blocks.0.hook_resid_pre'] });
    expect(referredWeights(bytes)).toEqual(['model.embed_tokens.weight']);
    expect(inputs.map(({ name }) => name)).toEqual(['tokens']);
  });

  test('reads on to a port behind the last hook point', () => {
    const interventions = ['blocks.1.hook_mlp_out'];
    const { bytes, outputs } = buildGraph(model, {
      ...REQUEST,
      hookPoints: ['blocks.0.hook_resid_pre'],
      interventions,
    });
    expect(referredWeights(bytes)).toContain('model.layers.1.mlp.down_proj.weight');
    expect(outputs.map(({ name }) => name)).toContain('blocks.1.hook_mlp_out.delta_norm');
  });

  test('shares one output between two hook points at the same place, unless an edit lies between', () => {
    const hookPoints = ['blocks.0.hook_resid_post', 'blocks.1.hook_resid_pre'];
    const plain = buildGraph(model, { ...REQUEST, hookPoints });
    expect(new Set(plain.activations.values()).size).toBe(1);
    const edited = buildGraph(model, { ...REQUEST, hookPoints, interventions: ['blocks.1.hook_resid_pre'] });
    expect(new Set(edited.activations.values()).size).toBe(2);
  });

  test('begins at rows that are all given, and leaves everything before them out', () => {
    const replacements = [{ hookPoint: 'blocks.2.hook_resid_post', masked: false }];
    const { bytes, inputs } = buildGraph(model, { ...REQUEST, replacements, head: 'residual' });
    const names = referredWeights(bytes);
    expect(names.some((name) => /layers\.[0-2]\.|embed_tokens/.test(name))).toBe(false);
    expect(names).toContain('model.layers.3.input_layernorm.weight');
    expect(inputs.map(({ name }) => name)).toEqual(['blocks.2.hook_resid_post.replacement']);
  });

  test('computes the rows that a mask leaves to the model', () => {
    const replacements = [{ hookPoint: 'blocks.2.mlp.hook_post', masked: true }];
    const { bytes, inputs } = buildGraph(model, { ...REQUEST, replacements, head: 'residual' });
    expect(referredWeights(bytes)).toContain('model.layers.2.mlp.up_proj.weight');
    expect(inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['tokens', ['B', 'T']],
      ['blocks.2.mlp.hook_post.replacement', ['B', 'T', spec.d_mlp]],
      ['blocks.2.mlp.hook_post.replacement_mask', ['B', 'T', 1]],
    ]);
  });

  test('gives half precision where asked for', () => {
    const request: GraphRequest = {
      ...REQUEST,
      hookPoints: ['blocks.0.hook_attn_out'],
      activationDtype: 'F16',
    };
    expect(buildGraph(model, request).outputs.map(({ dtype }) => dtype)).toEqual(['F16']);
  });

  test('refuses a hook point or a port that does not exist', () => {
    expect(() => buildGraph(model, { ...REQUEST, hookPoints: ['blocks.6.hook_resid_pre'] })).toThrow(
      /nearest/,
    );
    expect(() => buildGraph(model, { ...REQUEST, interventions: ['hook_embed'] })).toThrow(/nearest/);
    const replacements = [{ hookPoint: 'blocks.0.hook_pattern', masked: false }];
    expect(() => buildGraph(model, { ...REQUEST, replacements })).toThrow(/nearest/);
  });
});

describe('buildHeadGraph', () => {
  test.each([
    ['logits', ['rows'], ['logits']],
    ['scores', ['rows', 'targets'], ['nll', 'logit', 'top_logit']],
    ['comparison', ['rows', 'unedited_rows', 'targets'], ['nll', 'unedited_nll', 'kl']],
    ['projection', ['rows'], ['logits']],
    ['folded-projection', ['rows'], ['logits']],
  ] as const)('writes %s', (kind, inputs, outputs) => {
    const graph = buildHeadGraph(model, kind);
    expect(graph.inputs.map(({ name }) => name)).toEqual(inputs);
    expect(graph.outputs.map(({ name }) => name)).toEqual(outputs);
    expect(referredWeights(graph.bytes).includes('model.norm.weight')).toBe(kind !== 'projection');
  });
});
