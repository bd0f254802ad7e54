import { type ConfigReader, createConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/rotary.ts';
import type { TensorSource } from '../weights/tensor-source.ts';
import { readWindowedLayers, readWindows } from './common.ts';
import type { Family, FamilyModel } from './family.ts';
import { gemmaTensors, readGemmaSpec } from './gemma2.ts';
import { readHeadWidth, takeLlamaWeights } from './llama-like.ts';

/** The text models of Gemma 3: Gemma 2 without caps, with norms of q and k, and every sixth layer without a window. */
export const gemma3Text: Family = {
  architecture: 'Gemma3ForCausalLM',
  read: (config) => readText(config, () => ({ prefix: 'model.', head: 'lm_head' })),
};

/** The text part of Gemma 3 with images: its config and its tensors are nested. */
export const gemma3: Family = {
  architecture: 'Gemma3ForConditionalGeneration',
  read(config) {
    const text = createConfigReader(textConfig(config), `${config.source}: text_config`);
    const model = readText(text, (tensors) => {
      const prefix = ['model.language_model.', 'language_model.model.'].find((one) =>
        tensors.has(`${one}embed_tokens.weight`),
      );
      const head = tensors.has('language_model.lm_head.weight') ? 'language_model.lm_head' : 'lm_head';
      return { prefix: prefix ?? 'language_model.model.', head };
    });
    const { spec } = model;
    return { ...model, spec: { ...spec, modelType: 'gemma3' }, unused: IMAGE_TENSORS };
  },
};

/** What only images pass through. */
const IMAGE_TENSORS = /^(model\.)?(vision_tower|multi_modal_projector)\./;

/** The nested config; a table that is sparse, as of the 4b model, is filled up with the family's defaults. */
function textConfig(config: ConfigReader): Record<string, unknown> {
  const nested = config.take('text_config');
  for (const key of [
    'vision_config',
    'image_token_index',
    'image_token_id',
    'boi_token_index',
    'eoi_token_index',
  ])
    config.take(key);
  config.take('mm_tokens_per_image');
  const tokens = Object.fromEntries(
    ['bos_token_id', 'eos_token_id', 'tie_word_embeddings']
      .map((key) => [key, config.take(key)])
      .filter(([, value]) => value !== undefined),
  );
  return { ...TEXT_DEFAULTS, ...(nested as object | undefined), ...tokens };
}

/** transformers 5, `configuration_gemma3.py`: what a text_config need not name. */
const TEXT_DEFAULTS = {
  vocab_size: 262_208,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  max_position_embeddings: 131_072,
  rms_norm_eps: 1e-6,
};

const GLOBAL_EVERY = 6;

function readText(
  config: ConfigReader,
  place: (tensors: TensorSource) => { prefix: string; head: string },
): FamilyModel {
  const older = config.extent('_sliding_window_pattern', GLOBAL_EVERY);
  const every = config.extent('sliding_window_pattern', older);
  const isLocal = (layer: number) => (layer + 1) % every !== 0;
  const d_head = readHeadWidth(config, 256);
  // Layers with a window rotate with a base of their own, which no scaling changes.
  const local = readRotary(config, {
    d_head,
    thetaKey: 'rope_local_base_freq',
    layerType: 'sliding_attention',
    unscaled: true,
  });
  const global = readRotary(config, { d_head, theta: 1e6, layerType: 'full_attention' });
  const rotaries = readWindowedLayers(config, isLocal).map((isWindowed) => (isWindowed ? local : global));
  const windows = readWindows(config, 4096, isLocal);
  const spec = readGemmaSpec(
    config,
    { windows, rotaries, n_kv_heads: 4 },
    { scoreCap: null, logitCap: null },
  );
  const own = { ...gemmaTensors(config), qkNorm: 'head' } as const;
  return { spec, takeWeights: (tensors) => takeLlamaWeights(spec, tensors, { ...own, ...place(tensors) }) };
}
