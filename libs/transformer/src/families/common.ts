import { FacetError, quoteJson } from '@facet/errors';
import type { ConfigReader } from '../config/config-reader.ts';
import type { ModelSpec } from '../config/model-spec.ts';

/** Numbers of a model that every family reads from the same keys. */
type CommonKeys = 'modelType' | 'bosTokenId' | 'eosTokenIds' | 'tiedEmbeddings' | 'd_vocab';

/** What most families share: no scale, no cap, tokens and ties from their usual keys. */
export function commonSpec(
  config: ConfigReader,
  { tied }: { tied: boolean },
): Pick<ModelSpec, CommonKeys | 'embeddingScale' | 'residualScale' | 'scoreCap' | 'logits'> {
  const d_vocab = config.extent('vocab_size');
  return {
    modelType: String(config.take('model_type')),
    d_vocab,
    tiedEmbeddings: config.flag('tie_word_embeddings', tied),
    bosTokenId: config.tokens('bos_token_id', Number.POSITIVE_INFINITY)[0] ?? null,
    eosTokenIds: config.tokens('eos_token_id', d_vocab),
    embeddingScale: 1,
    residualScale: 1,
    scoreCap: null,
    logits: { scale: 1, cap: null },
  };
}

/** Key heads and width of heads, checked: heads share key heads evenly and have an even width. */
export function readHeads(
  config: ConfigReader,
  given: { n_heads: number; n_kv_heads?: number; d_head: number },
): Pick<ModelSpec, 'n_heads' | 'n_kv_heads' | 'd_head'> {
  const { n_heads, n_kv_heads = n_heads, d_head } = given;
  if (Number.isInteger(d_head) && n_heads % n_kv_heads === 0) return { n_heads, n_kv_heads, d_head };
  throw invalid(
    `${config.source} splits into heads of ${d_head} floats, ${n_heads} query heads ` +
      `over ${n_kv_heads} key heads; both must divide evenly`,
  );
}

/** Reads the width of windows from `sliding_window`: null is none, and one that covers the context changes nothing. */
function readWindow(config: ConfigReader, absent: number | null): number | null {
  const stated = config.take('sliding_window');
  const window = stated === undefined ? absent : stated;
  if (window === null) return null;
  if (Number.isInteger(window) && Number(window) > 0) return Number(window);
  throw invalid(
    `${config.source} has sliding_window ${quoteJson(window)}; a whole number or null is expected`,
  );
}

/** The window of each layer from `sliding_window`: in the layers that `layer_types` or else the family's `rule` names. */
export function readWindows(
  config: ConfigReader,
  absent: number | null,
  rule: (index: number) => boolean,
): (number | null)[] {
  const width = readWindow(config, absent);
  return readWindowedLayers(config, rule).map((isWindowed) => (isWindowed ? width : null));
}

/**
 * The window of every layer from `sliding_window`, in families that do not read `layer_types`: where a config states both
 * they must agree, for other programs read them.
 */
export function readUniformWindows(config: ConfigReader, absent: number | null): (number | null)[] {
  const width = readWindow(config, absent);
  const matters = width === null || width < config.extent('max_position_embeddings');
  const layers = readWindowedLayers(config, () => width !== null);
  if (matters && layers.some((isWindowed) => isWindowed !== (width !== null)))
    throw new FacetError(
      'invalid',
      `${config.source} has layer_types ${quoteJson(config.take('layer_types'))} beside sliding_window ${quoteJson(width)}, ` +
        'which holds for every layer of this model_type; delete layer_types, or correct the one that is wrong',
      { reason: 'MODEL_CONFIG_CONTRADICTORY' },
    );
  return layers.map(() => width);
}

/** Windows by `readWindows` where `use_sliding_window` is true; where it is false no layer may be listed with one. */
export function readSwitchedWindows(
  config: ConfigReader,
  absent: number | null,
  rule: (index: number) => boolean,
): (number | null)[] {
  const isOn = config.flag('use_sliding_window', false);
  const windows = readWindows(config, absent, rule);
  if (isOn) return windows;
  if (readWindowedLayers(config, () => false).includes(true))
    throw new FacetError(
      'invalid',
      `${config.source} has layer_types with "sliding_attention" beside use_sliding_window false; correct the one that is wrong`,
      { reason: 'MODEL_CONFIG_CONTRADICTORY' },
    );
  return windows.map(() => null);
}

/** Tells which layers have a window: `layer_types` where it is stated, else the family's own rule. */
export function readWindowedLayers(config: ConfigReader, rule: (index: number) => boolean): boolean[] {
  const n_layers = config.extent('num_hidden_layers');
  const types = config.take('layer_types');
  if (types === undefined || types === null) return Array.from({ length: n_layers }, (_, i) => rule(i));
  if (!Array.isArray(types) || types.length !== n_layers)
    throw invalid(
      `${config.source} has layer_types ${quoteJson(types)}; one of each of ${n_layers} layers is expected`,
    );
  return types.map((type) => {
    if (type === 'sliding_attention') return true;
    if (type === 'full_attention') return false;
    throw new FacetError(
      'unimplemented',
      `${config.source} asks for layer_types with ${quoteJson(type)}, which is not supported`,
      {
        reason: 'MODEL_OPTION_UNSUPPORTED',
      },
    );
  });
}

function invalid(message: string): FacetError {
  return new FacetError('invalid', message, { reason: 'MODEL_CONFIG_INVALID' });
}
