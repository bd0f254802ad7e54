import type { ModelRuntime } from './model-runtime.ts';
import { openModelRuntime } from './open-model-runtime.ts';
import { expectClose } from './testing/closeness.ts';
import { type TinyConfig, writeTinyModel } from './testing/tiny-model.ts';

const TOKENS = Int32Array.from([1, 7, 30, 2, 19, 44, 5, 11, 3]);
/** One layer with a window and a rotation of its own, and one with the rotation that is scaled. */
const GEMMA3: Partial<TinyConfig> = {
  ...{ model_type: 'gemma3_text', num_hidden_layers: 2, head_dim: 8, tie_word_embeddings: true },
  ...{ layer_types: ['sliding_attention', 'full_attention'], sliding_window: 4, query_pre_attn_scalar: 8 },
  ...{ rope_theta: 10_000, rope_local_base_freq: 10_000 },
};

async function withModel<T>(
  config: Partial<TinyConfig>,
  work: (runtime: ModelRuntime) => Promise<T>,
): Promise<T> {
  const model = await writeTinyModel({ config });
  try {
    const runtime = await openModelRuntime(model.directory, { threads: 1 });
    return await work(runtime).finally(() => runtime.close());
  } finally {
    await model.remove();
  }
}

const logitsOf = (config: Partial<TinyConfig>) =>
  withModel(config, async (runtime) => {
    const { logits } = await runtime.forward({ tokens: TOKENS, batch: 1, logits: 'all' });
    return logits!;
  });

describe('rotations that differ between the layers of a model', () => {
  const longrope = (divisors: readonly number[], original: number) => ({
    ...{ rope_type: 'longrope', short_factor: [1, 1, 1, 1], long_factor: divisors },
    ...{ attention_factor: 1, original_max_position_embeddings: original },
  });

  test('computes a text that outgrows the original context of the scaled layers only', async () => {
    const [scaled, linear] = await Promise.all([
      logitsOf({ ...GEMMA3, rope_scaling: longrope([4, 4, 4, 4], 5) }),
      logitsOf({ ...GEMMA3, rope_scaling: { rope_type: 'linear', factor: 4 } }),
    ]);
    expectClose(scaled, linear, 1e-5);
  });

  test('keeps tables apart that differ only between their second and their last frequency', async () => {
    const [scaled, plain] = await Promise.all([
      logitsOf({ ...GEMMA3, rope_scaling: { ...longrope([1, 1, 8, 1], 5), short_factor: [1, 1, 8, 1] } }),
      logitsOf(GEMMA3),
    ]);
    expect(Math.max(...scaled.map((value, i) => Math.abs(value - plain[i]!)))).toBeGreaterThan(1e-4);
  });
});
