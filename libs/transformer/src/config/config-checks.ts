import { FacetError, quoteJson } from '@facet/errors';
import type { Family } from '../families/registry.ts';
import { ESSENTIAL, foreignWords, SPELLINGS, unreadKeys } from './config-keys.ts';
import type { ConfigJson } from './rope-parameters.ts';

/** What is wrong with a configuration: it contradicts itself, or it asks for what is not computed. */
interface Objection {
  kind: 'invalid' | 'unimplemented';
  /** Follows the name of the file: `has … beside …; …`. */
  text: string;
}

type Check = (config: ConfigJson, family: Family) => Objection | undefined;

/**
 * Every check of a `config.json` as a whole, in the order in which they object. A check belongs here when an option
 * changes what is computed, or when two places that say the same thing can differ (what transformers 5 reads is the
 * measure, `configuration_utils.py` and each family's `configuration_*.py`).
 */
const CHECKS: readonly Check[] = [
  otherArchitecture,
  customCode,
  quantized,
  otherActivation,
  attentionBias,
  mlpBias,
  partialRotation,
  slidingWindow,
  otherSpelling,
  switchedOff,
  foreignOption,
];

/** Refuses a configuration that contradicts itself (`invalid`) or that asks for another computation (`unimplemented`). */
export function requireConsistent(config: ConfigJson, family: Family, source: string): void {
  for (const check of CHECKS) {
    const objection = check(config, family);
    if (objection === undefined) continue;
    const reason = objection.kind === 'invalid' ? 'MODEL_CONFIG_CONTRADICTORY' : 'MODEL_OPTION_UNSUPPORTED';
    throw new FacetError(objection.kind, `${source} ${objection.text}`, { reason });
  }
}

/** Keys that are not known here and that change nothing as far as their names tell; they are ignored, and said. */
export function ignoredKeys(config: ConfigJson): string[] {
  return unreadKeys(config).filter((key) => foreignWords(key) === undefined);
}

function otherArchitecture({ architectures, model_type }: ConfigJson, family: Family): Objection | undefined {
  if (!isSet(architectures)) return undefined;
  const names = [architectures].flat();
  if (names.some((name) => String(name).toLowerCase() === family.architecture.toLowerCase()))
    return undefined;
  return contradicts(
    `architectures ${quoteJson(architectures)} beside model_type ${quoteJson(model_type)}, which is ${family.architecture}`,
    'only models with a language model head are read: correct the one that is wrong',
  );
}

function customCode({ auto_map }: ConfigJson): Objection | undefined {
  const code = Object.entries((auto_map ?? {}) as ConfigJson).find(([key]) => /^AutoModel/.test(key));
  if (code === undefined) return undefined;
  return asksFor(`auto_map ${code[0]} ${quoteJson(code[1])}, the model's own code, which is never run`);
}

function quantized({ quantization_config, compression_config }: ConfigJson): Objection | undefined {
  const config = quantization_config ?? compression_config;
  if (!isSet(config)) return undefined;
  return asksFor(`quantization ${String((config as ConfigJson).quant_method ?? 'unknown').slice(0, 40)}`);
}

function otherActivation({ hidden_act }: ConfigJson): Objection | undefined {
  if (!isSet(hidden_act) || hidden_act === 'silu' || hidden_act === 'swish') return undefined;
  return asksFor(`hidden_act ${quoteJson(hidden_act)}`);
}

function attentionBias({ attention_bias, model_type }: ConfigJson, family: Family): Objection | undefined {
  if (attention_bias === true && !family.qkvBias) return asksFor('attention_bias true');
  if (attention_bias === true)
    return asksFor(`attention_bias true for model_type ${quoteJson(model_type)}, whose output has no bias`);
  if (attention_bias !== false || !family.qkvBias) return undefined;
  return contradicts(
    `attention_bias false beside model_type ${quoteJson(model_type)}, whose q, k and v always have biases`,
    'delete attention_bias',
  );
}

function mlpBias({ mlp_bias, model_type }: ConfigJson, family: Family): Objection | undefined {
  if (mlp_bias !== true || family.mayHaveMlpBias) return undefined;
  return asksFor(`mlp_bias true for model_type ${quoteJson(model_type)}`);
}

function partialRotation(config: ConfigJson): Objection | undefined {
  const tables = [config, config.rope_parameters, config.rope_scaling] as (ConfigJson | null | undefined)[];
  const factor = tables
    .map((table) => table?.partial_rotary_factor)
    .find((value) => isSet(value) && value !== 1);
  return factor === undefined ? undefined : asksFor(`partial_rotary_factor ${quoteJson(factor)}`);
}

function slidingWindow(config: ConfigJson, family: Family): Objection | undefined {
  const { layer_types, max_position_embeddings, use_sliding_window } = config;
  const odd = [layer_types ?? []].flat().find((type) => type !== 'full_attention');
  if (odd !== undefined) return asksFor(`layer_types with ${quoteJson(odd)}`);
  if (isSet(layer_types) && family.window === 'late-layers') return undefined;
  const window = windowOf(config, family);
  if (window === undefined || Number(window) >= Number(max_position_embeddings)) return undefined;
  if (family.window === 'every-layer' && use_sliding_window === false)
    return contradicts(
      `use_sliding_window false beside sliding_window ${quoteJson(window)}, which is in force in this model_type`,
      'write sliding_window null if the model has none',
    );
  const absent = config.sliding_window === undefined ? ' (where the key is absent; write null for none)' : '';
  return asksFor(`sliding_window ${quoteJson(window)}${absent}`);
}

/** The window that is in force in some layer, whichever keys say so in this family. */
function windowOf(config: ConfigJson, { window, defaultWindow }: Family): unknown {
  const { use_sliding_window, max_window_layers, num_hidden_layers } = config;
  const width = config.sliding_window === undefined ? defaultWindow : config.sliding_window;
  if (!isSet(width)) return undefined;
  if (window === 'every-layer') return width;
  if (window === 'none') return use_sliding_window === false ? undefined : width;
  const first = typeof max_window_layers === 'number' ? max_window_layers : DEFAULT_MAX_WINDOW_LAYERS;
  return use_sliding_window === true && first < Number(num_hidden_layers) ? width : undefined;
}

/** The first layer with a window in Qwen 2 where the config names none (transformers 5, `configuration_qwen2.py`). */
const DEFAULT_MAX_WINDOW_LAYERS = 28;

function otherSpelling(config: ConfigJson): Objection | undefined {
  for (const [name, others] of Object.entries(SPELLINGS))
    for (const other of others) {
      if (!isSet(config[other]) || plainValue(config[other]) === plainValue(config[name])) continue;
      if (name === 'dtype' && !isSet(config[name])) continue;
      return contradicts(
        `${other} ${quoteJson(config[other])} beside ${name} ${quoteJson(config[name] ?? null)}`,
        `${name} is what is read: delete ${other}, or correct the one that is wrong`,
      );
    }
  return undefined;
}

/** `torch.float16` and `float16` are the same. */
function plainValue(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^torch\./, '') : value;
}

function switchedOff(config: ConfigJson): Objection | undefined {
  const key = Object.keys(config).find((name) => ESSENTIAL.test(name) && config[name] === false);
  return key === undefined ? undefined : asksFor(`${key} false`);
}

function foreignOption(config: ConfigJson): Objection | undefined {
  for (const key of unreadKeys(config)) {
    const value = config[key];
    const neutral = foreignWords(key)?.[1];
    if (neutral === undefined || neutral.includes(value)) continue;
    return asksFor(
      `${key.slice(0, 60)} ${quoteJson(value)}, an option that this model_type does not have; delete it if it changes nothing`,
    );
  }
  return undefined;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function contradicts(pair: string, remedy: string): Objection {
  return { kind: 'invalid', text: `has ${pair}; ${remedy}` };
}

function asksFor(option: string): Objection {
  return { kind: 'unimplemented', text: `asks for ${option}, which is not supported` };
}
