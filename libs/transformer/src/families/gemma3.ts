import { FacetError, quoteJson } from '@facet/errors';
import { requireReadable } from '../config/config-checks.ts';
import type { ConfigJson, ConfigReader } from '../config/config-reader.ts';
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
    const text = config.part(textConfig(config), 'text_config');
    text.only('model_type', 'gemma3_text');
    requireReadable(text, gemma3Text.architecture);
    const model = readText(text, (tensors) => {
      const prefix = ['model.language_model.', 'language_model.model.'].find((one) =>
        tensors.has(`${one}embed_tokens.weight`),
      );
      const head = tensors.has('language_model.lm_head.weight') ? 'language_model.lm_head' : 'lm_head';
      return { prefix: prefix ?? 'language_model.model.', head };
    });
    const { spec } = model;
    const { cap } = spec.logits;
    const warnings = cap === null ? [] : [capWarning(text, 'final_logit_softcapping', cap)];
    return {
      ...model,
      spec: { ...spec, modelType: 'gemma3' },
      unused: IMAGE_TENSORS,
      warnings: [...(model.warnings ?? []), ...warnings],
    };
  },
};

/** What only images pass through. */
const IMAGE_TENSORS = /^(model\.)?(vision_tower|multi_modal_projector)\./;

/** The nested config; a table that is sparse, as of the 4b model, is filled up with the family's defaults. */
function textConfig(config: ConfigReader): ConfigJson {
  const nested = config.take('text_config') ?? {};
  if (typeof nested !== 'object' || Array.isArray(nested))
    throw contradiction(`${config.source} has text_config ${quoteJson(nested)}; a dictionary is expected`);
  for (const key of IMAGE_KEYS) config.take(key);
  const stated = TOKEN_KEYS.map((key) => [key, config.take(key)]).filter(([, value]) => value !== undefined);
  const own = { ...TEXT_DEFAULTS, ...(nested as ConfigJson) };
  return { ...own, ...Object.fromEntries(stated), tie_word_embeddings: tiedAlike(config, own) };
}

/** Releases of transformers read it in different places: where both are stated they must agree. */
function tiedAlike(config: ConfigReader, nested: ConfigJson): unknown {
  const [outer, inner] = [config.take('tie_word_embeddings'), nested.tie_word_embeddings];
  if (outer === undefined || inner === undefined || outer === inner) return outer ?? inner;
  throw contradiction(
    `${config.source} has tie_word_embeddings ${quoteJson(outer)} beside text_config.tie_word_embeddings ` +
      `${quoteJson(inner)}; delete the one that the model was not trained with`,
  );
}

function contradiction(message: string): FacetError {
  return new FacetError('invalid', message, { reason: 'MODEL_CONFIG_CONTRADICTORY' });
}

/** Keys of the outer config that only images need. */
const IMAGE_KEYS = [
  ...['vision_config', 'image_token_index', 'image_token_id', 'boi_token_index', 'eoi_token_index'],
  'mm_tokens_per_image',
];
/** Keys of the outer config that hold for the text. */
const TOKEN_KEYS = ['bos_token_id', 'eos_token_id'];

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
  return {
    spec,
    takeWeights: (tensors) => takeLlamaWeights(spec, tensors, { ...own, ...place(tensors) }),
    warnings: spec.scoreCap === null ? [] : [capWarning(config, 'attn_logit_softcapping', spec.scoreCap)],
  };
}

/** The config classes of Gemma 3 have caps, as Gemma 2; not every model class of transformers applies them. */
function capWarning({ source }: ConfigReader, key: string, cap: number): string {
  return `${source} has ${key} ${cap}, which is applied here as in Gemma 2; transformers reads it and does not apply it in this model`;
}
