import { FacetError } from '@facet/errors';
import { z } from 'zod';
import { type Family, requireFamily } from '../families/registry.ts';
import { ignoredKeys, requireConsistent } from './config-checks.ts';
import type { ModelSpec } from './model-spec.ts';
import { type ConfigJson, readRopeTheta } from './rope-parameters.ts';

/** Any dimension above this is a mistake or an attack: the largest open models stay under 300,000. */
const MAX_EXTENT = 1 << 24;
const MAX_LAYERS = 1024;

const extent = z.number().int().min(1).max(MAX_EXTENT);
const tokenId = z.number().int().min(0).max(MAX_EXTENT);
const endTokens = z.union([tokenId, z.array(tokenId)]).nullish();
/** The fields of a Llama-family `config.json` that decide what is computed. */
const configSchema = z.looseObject({
  model_type: z.string(),
  hidden_size: extent,
  num_hidden_layers: z.number().int().min(1).max(MAX_LAYERS),
  num_attention_heads: extent,
  num_key_value_heads: extent.nullish(),
  head_dim: extent.nullish(),
  intermediate_size: extent,
  vocab_size: extent,
  max_position_embeddings: extent,
  rms_norm_eps: z.number().positive().max(1),
  hidden_act: z.string().nullish(),
  attention_bias: z.boolean().nullish(),
  mlp_bias: z.boolean().nullish(),
  partial_rotary_factor: z.number().nullish(),
  sliding_window: z.number().positive().nullish(),
  use_sliding_window: z.boolean().nullish(),
  quantization_config: z.looseObject({}).nullish(),
  architectures: z.array(z.string()).nullish(),
  auto_map: z.looseObject({}).nullish(),
  max_window_layers: z.number().nullish(),
  tie_word_embeddings: z.boolean().default(false),
  bos_token_id: tokenId.nullish(),
  eos_token_id: endTokens,
});

type Config = z.infer<typeof configSchema>;

/** A configuration that was read. */
export interface ModelConfig {
  spec: ModelSpec;
  /** Keys that are not known here; nothing in their names says that they change what is computed. */
  ignored: string[];
}

/**
 * Reads a Hugging Face `config.json`. A field that is missing, wrong or contradicted is `invalid`; one
 * that asks for another computation than the one written here is `unimplemented`, never ignored.
 */
export function parseModelConfig(text: string, source: string): ModelConfig {
  const json = parseJson(text, source);
  const modelType =
    typeof json === 'object' && json !== null && 'model_type' in json ? json.model_type : undefined;
  const family = requireFamily(String(modelType), source);
  const parsed = configSchema.safeParse(json);
  if (!parsed.success)
    throw new FacetError(
      'invalid',
      `${source} is not a valid model configuration: ${z.prettifyError(parsed.error)}`,
      {
        reason: 'MODEL_CONFIG_INVALID',
      },
    );
  const config = json as ConfigJson;
  requireConsistent(config, family, source);
  const ropeTheta = readRopeTheta(config, source);
  return { spec: toSpec(parsed.data, { ...family, ropeTheta }, source), ignored: ignoredKeys(config) };
}

/** Reads the tokens that end a text from a `generation_config.json`, all below `d_vocab`; none where it names none. */
export function parseEndTokens(text: string, source: string, d_vocab: number): number[] {
  const parsed = z.looseObject({ eos_token_id: endTokens }).safeParse(parseJson(text, source));
  if (!parsed.success)
    throw new FacetError('invalid', `${source} names end tokens that are not token ids`, {
      reason: 'MODEL_CONFIG_INVALID',
    });
  return knownEndTokens(parsed.data.eos_token_id, d_vocab, source);
}

/** An end token that the model has no row for ends no text, and no context can be divided by it. */
function knownEndTokens(stated: Config['eos_token_id'], d_vocab: number, source: string): number[] {
  const ids = [stated ?? []].flat();
  const unknown = ids.find((id) => id >= d_vocab);
  if (unknown === undefined) return ids;
  throw new FacetError(
    'invalid',
    `${source} has eos_token_id ${unknown} beside a vocab_size of ${d_vocab}; correct the one that is wrong`,
    { reason: 'MODEL_CONFIG_CONTRADICTORY' },
  );
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FacetError('invalid', `${source} is not JSON`, { cause, reason: 'MODEL_CONFIG_INVALID' });
  }
}

function toSpec(
  config: Config,
  { defaultKvHeads, ropeTheta }: Pick<Family, 'defaultKvHeads'> & { ropeTheta: number },
  source: string,
): ModelSpec {
  const n_heads = config.num_attention_heads;
  const absent = config.num_key_value_heads === undefined ? defaultKvHeads : undefined;
  const n_kv_heads = config.num_key_value_heads ?? absent ?? n_heads;
  const d_head = config.head_dim ?? config.hidden_size / n_heads;
  requireHeads({ n_heads, n_kv_heads, d_head }, source);
  return {
    modelType: config.model_type,
    d_model: config.hidden_size,
    n_layers: config.num_hidden_layers,
    n_heads,
    n_kv_heads,
    d_head,
    d_mlp: config.intermediate_size,
    mlpBias: config.mlp_bias === true,
    d_vocab: config.vocab_size,
    n_ctx: config.max_position_embeddings,
    normEpsilon: config.rms_norm_eps,
    ropeTheta,
    tiedEmbeddings: config.tie_word_embeddings,
    bosTokenId: config.bos_token_id ?? null,
    eosTokenIds: knownEndTokens(config.eos_token_id, config.vocab_size, source),
  };
}

/** ONNX Runtime's GroupQueryAttention takes head sizes that are multiples of this. */
const HEAD_MULTIPLE = 8;

function requireHeads(heads: Pick<ModelSpec, 'n_heads' | 'n_kv_heads' | 'd_head'>, source: string): void {
  const { n_heads, n_kv_heads, d_head } = heads;
  if (!Number.isInteger(d_head) || n_heads % n_kv_heads !== 0)
    throw new FacetError(
      'invalid',
      `${source} splits into heads of ${d_head} floats, ${n_heads} query heads ` +
        `over ${n_kv_heads} key heads; both must divide evenly`,
      { reason: 'MODEL_CONFIG_INVALID' },
    );
  if (d_head % HEAD_MULTIPLE !== 0)
    throw new FacetError(
      'unimplemented',
      `${source} has heads of ${d_head} floats; only multiples of ${HEAD_MULTIPLE} are supported`,
      { reason: 'MODEL_OPTION_UNSUPPORTED' },
    );
}
