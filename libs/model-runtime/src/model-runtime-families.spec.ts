import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeFloats, serializeSafetensors, type TensorData } from '@facet/tensor';
import type { ModelRuntime } from './model-runtime.ts';
import { openModelRuntime } from './open-model-runtime.ts';
import { expectClose } from './testing/closeness.ts';
import { runReference } from './testing/reference-model.ts';
import { type TinyModel, type TinyModelOptions, writeTinyModel } from './testing/tiny-model.ts';

const TOKENS = [1, 7, 30, 2, 19, 44, 5, 11, 3];

/** Opens a tiny model and closes and removes it after `work`. */
async function withModel(
  options: TinyModelOptions,
  work: (runtime: ModelRuntime, model: TinyModel) => Promise<void>,
): Promise<void> {
  const model = await writeTinyModel(options);
  try {
    const runtime = await openModelRuntime(model.directory, { threads: 1 });
    await work(runtime, model).finally(() => runtime.close());
  } finally {
    await model.remove();
  }
}

describe('openModelRuntime', () => {
  const VARIANTS: Record<string, TinyModelOptions> = {
    'llama with F32 weights': {},
    'llama with F16 weights': { dtype: 'F16' },
    'llama with BF16 weights': { dtype: 'BF16' },
    'llama with tied embeddings': { config: { tie_word_embeddings: true } },
    'llama with heads of 16': { config: { hidden_size: 64 } },
    'llama with heads of 24 that do not add up to d_model': { config: { head_dim: 24 } },
    'llama with one key head': { config: { num_key_value_heads: 1 } },
    'llama with another rotary base': { config: { rope_theta: 500_000 } },
    'llama with MLP biases': { config: { mlp_bias: true } },
    mistral: { config: { model_type: 'mistral' } },
    'qwen2 with biases': { config: { model_type: 'qwen2', tie_word_embeddings: true } },
    'gemma (1)': {
      config: {
        model_type: 'gemma',
        hidden_activation: 'gelu_pytorch_tanh',
        tie_word_embeddings: true,
        head_dim: 12,
      },
    },
    'gemma (1) with one key head and BF16 weights': {
      config: { model_type: 'gemma', tie_word_embeddings: false, num_key_value_heads: 1, head_dim: 8 },
      dtype: 'BF16',
    },
    'qwen2 with BF16 biases': { config: { model_type: 'qwen2' }, dtype: 'BF16' },
  };

  test.each(Object.entries(VARIANTS))('computes %s as the plain reference does', async (_, options) => {
    await withModel(options, async (runtime, model) => {
      const names = runtime.hookPoints.map(({ name }) => name);
      const tokens = Int32Array.from(TOKENS);
      const result = await runtime.forward({ tokens, batch: 1, hookPoints: names, logits: 'all' });
      const reference = runReference(model, TOKENS);
      expectClose(result.logits!, reference.logits.flat(), 1e-5);
      expect(names).toEqual([...reference.hooks.keys()]);
      for (const name of names)
        expectClose(result.activations.get(name)!.data, reference.hooks.get(name)!.flat(), 1e-5);
      const generation = await runtime.openGeneration({ batch: 1, maxTokens: TOKENS.length });
      for (const [t, token] of TOKENS.entries()) {
        const { logits } = await generation.step({ tokens: Int32Array.of(token) });
        expectClose(logits, reference.logits[t]!, 1e-5);
      }
      await generation.close();
    });
  });

  test('reads a checkpoint that is split over several files', async () => {
    const model = await writeTinyModel();
    const tensors = [...model.tensors].map(([name, values]): [string, TensorData] => {
      const d = model.config.hidden_size;
      const shape = name.endsWith('norm.weight')
        ? [values.length]
        : name.endsWith('down_proj.weight')
          ? [d, model.config.intermediate_size]
          : [values.length / d, d];
      return [name, { dtype: 'F32', shape, data: encodeFloats(values, 'F32') }];
    });
    const halves = [tensors.slice(0, 10), tensors.slice(10)];
    const weight_map: Record<string, string> = {};
    for (const [i, half] of halves.entries()) {
      const file = `model-0000${i + 1}-of-00002.safetensors`;
      for (const [name] of half) weight_map[name] = file;
      await writeFile(
        join(model.directory, file),
        Buffer.concat(serializeSafetensors(Object.fromEntries(half))),
      );
    }
    await rm(join(model.directory, 'model.safetensors'));
    await writeFile(join(model.directory, 'model.safetensors.index.json'), JSON.stringify({ weight_map }));
    const runtime = await openModelRuntime(model.directory, { threads: 1 });
    const { logits } = await runtime.forward({ tokens: Int32Array.from(TOKENS), batch: 1, logits: 'last' });
    expectClose(logits!, runReference(model, TOKENS).logits.at(-1)!, 1e-5);
    await runtime.close();
    await model.remove();
  });

  test('keeps the model file as it is', async () => {
    await withModel({ dtype: 'BF16' }, async (runtime, model) => {
      const path = join(model.directory, 'model.safetensors');
      const before = await readFile(path);
      await runtime.forward({ tokens: Int32Array.from(TOKENS), batch: 1, logits: 'last' });
      expect(before.equals(await readFile(path))).toBe(true);
    });
  });
});
