import { FacetError, quoteJson } from '@facet/errors';
import { ESSENTIAL, foreignWords, SPELLINGS, unreadKeys } from './config-keys.ts';
import type { ConfigJson, ConfigReader } from './config-reader.ts';

/** What is wrong with a configuration: it contradicts itself, or it asks for what is not computed. */
interface Objection {
  kind: 'invalid' | 'unimplemented';
  /** Follows the name of the file: `has … beside …; …`. */
  text: string;
}

/**
 * Refuses a configuration before its family reads it: of another class, with code of its own, or with quantized weights.
 * What transformers 5 reads is the measure (`configuration_utils.py`).
 */
export function requireReadable({ json, source }: ConfigReader, architecture: string): void {
  refuse(otherArchitecture(json, architecture) ?? customCode(json) ?? quantized(json), source);
}

/**
 * Refuses what the family did not read although it would change what is computed, and two spellings of one option that
 * differ.
 */
export function requireAllRead({ json, source, seen, parts }: ConfigReader): void {
  for (const part of parts()) requireAllRead(part);
  const read = seen();
  refuse(
    windowOfNone(json, read) ??
      otherSpelling(json, read) ??
      switchedOff(json, read) ??
      foreignOption(json, read),
    source,
  );
}

/** Keys that are not known here and that change nothing as far as their names tell; they are ignored, and said. */
export function ignoredKeys({ json, seen, parts }: ConfigReader): string[] {
  const own = unreadKeys(json, seen()).filter((key) => foreignWords(key) === undefined);
  return [...own, ...parts().flatMap(ignoredKeys)];
}

function refuse(objection: Objection | undefined, source: string): void {
  if (objection === undefined) return;
  const reason = objection.kind === 'invalid' ? 'MODEL_CONFIG_CONTRADICTORY' : 'MODEL_OPTION_UNSUPPORTED';
  throw new FacetError(objection.kind, `${source} ${objection.text}`, { reason });
}

function otherArchitecture(
  { architectures, model_type }: ConfigJson,
  architecture: string,
): Objection | undefined {
  if (!isSet(architectures)) return undefined;
  const names = [architectures].flat();
  if (names.some((name) => String(name).toLowerCase() === architecture.toLowerCase())) return undefined;
  return contradicts(
    `architectures ${quoteJson(architectures)} beside model_type ${quoteJson(model_type)}, which is ${architecture}`,
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

/** A window in a family that has none; switched off, or as wide as the context, it changes nothing. */
function windowOfNone(config: ConfigJson, seen: ReadonlySet<string>): Objection | undefined {
  const { sliding_window, use_sliding_window, max_position_embeddings, layer_types } = config;
  const odd = seen.has('layer_types')
    ? undefined
    : [layer_types ?? []].flat().find((type) => type !== 'full_attention');
  if (odd !== undefined) return asksFor(`layer_types with ${quoteJson(odd)}`);
  if (seen.has('sliding_window')) {
    if (use_sliding_window !== false || seen.has('use_sliding_window') || !isSet(sliding_window))
      return undefined;
    if (Number(sliding_window) >= Number(max_position_embeddings)) return undefined;
    return contradicts(
      `use_sliding_window false beside sliding_window ${quoteJson(sliding_window)}, which is in force in this model_type`,
      'write sliding_window null if the model has none',
    );
  }
  if (!isSet(sliding_window) || use_sliding_window === false) return undefined;
  if (Number(sliding_window) >= Number(max_position_embeddings)) return undefined;
  return asksFor(`sliding_window ${quoteJson(sliding_window)}`);
}

/** Two names of one option: the family reads the one, and the other says something else. */
function otherSpelling(config: ConfigJson, seen: ReadonlySet<string>): Objection | undefined {
  for (const names of SPELLINGS) {
    const name = nameThatIsRead(names, config, seen);
    const differs = (other: string) =>
      !seen.has(other) && isSet(config[other]) && plainValue(config[other]) !== plainValue(config[name!]);
    const other = name === undefined ? undefined : names.find(differs);
    if (name !== undefined && other !== undefined)
      return contradicts(
        `${other} ${quoteJson(config[other])} beside ${name} ${quoteJson(config[name] ?? null)}`,
        `${name} is what is read: delete ${other}, or correct the one that is wrong`,
      );
  }
  return undefined;
}

function nameThatIsRead(
  names: readonly string[],
  config: ConfigJson,
  seen: ReadonlySet<string>,
): string | undefined {
  const read = names.filter((name) => seen.has(name));
  const found = read.find((name) => isSet(config[name])) ?? read[0];
  // How weights were stored is read from the weights; two places that say it must still agree.
  return found ?? names.find((name) => name === 'dtype' && isSet(config.dtype));
}

/** `torch.float16` and `float16` are the same. */
function plainValue(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^torch\./, '') : value;
}

function switchedOff(config: ConfigJson, seen: ReadonlySet<string>): Objection | undefined {
  const key = Object.keys(config).find(
    (name) => !seen.has(name) && ESSENTIAL.test(name) && config[name] === false,
  );
  return key === undefined ? undefined : asksFor(`${key} false`);
}

function foreignOption(config: ConfigJson, seen: ReadonlySet<string>): Objection | undefined {
  for (const key of unreadKeys(config, seen)) {
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
