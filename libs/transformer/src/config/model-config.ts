import { FacetError, quoteJson } from '@facet/errors';
import type { FamilyModel } from '../families/family.ts';
import { requireFamily } from '../families/registry.ts';
import { ignoredKeys, requireAllRead, requireReadable } from './config-checks.ts';
import { type ConfigJson, createConfigReader } from './config-reader.ts';

/** A configuration that was read. */
export interface ModelConfig extends FamilyModel {
  /** Keys that are not known here; nothing in their names says that they change what is computed. */
  ignored: string[];
}

/**
 * Reads a Hugging Face `config.json`. A field that is missing, wrong or contradicted is `invalid`; one that asks for
 * another computation than those written here is `unimplemented`, never ignored.
 */
export function parseModelConfig(text: string, source: string): ModelConfig {
  const json = parseObject(text, source);
  const family = requireFamily(json.model_type, source);
  const config = createConfigReader(json, source);
  requireReadable(config, family.architecture);
  const model = family.read(config);
  requireAllRead(config);
  return { ...model, ignored: ignoredKeys(config) };
}

/** Reads the tokens that end a text from a `generation_config.json`, all below `d_vocab`; none where it names none. */
export function parseEndTokens(text: string, source: string, d_vocab: number): number[] {
  return createConfigReader(parseObject(text, source), source).tokens('eos_token_id', d_vocab);
}

function parseObject(text: string, source: string): ConfigJson {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FacetError('invalid', `${source} is not JSON`, { cause, reason: 'MODEL_CONFIG_INVALID' });
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as ConfigJson;
  throw new FacetError(
    'invalid',
    `${source} is ${quoteJson(json)}; an object with a model_type is expected`,
    {
      reason: 'MODEL_CONFIG_INVALID',
    },
  );
}
