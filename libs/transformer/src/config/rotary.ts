import { FacetError, quoteJson } from '@facet/errors';
import type { ConfigJson, ConfigReader } from './config-reader.ts';
import type { RotarySpec } from './model-spec.ts';
import { SCALINGS, type Scaling, type ScalingOptions } from './rope-scaling.ts';

/** What a family says of its rotation beyond what every config may say. */
export interface RotaryDefaults {
  d_head: number;
  /** The rotary base where none is stated. */
  theta?: number;
  /** The key of the rotary base. @default rope_theta */
  thetaKey?: string;
  /** Share of a head that is rotated where none is stated. @default 1 */
  partial?: number;
  /** The key of that share. @default partial_rotary_factor */
  partialKey?: string;
  /** The entry of `rope_parameters` that holds, in families whose layers differ. */
  layerType?: string;
  /** Whether `rope_scaling` is for other layers than these. */
  unscaled?: boolean;
  /** The context before scaling where none is stated. @default that of rope_parameters, or max_position_embeddings */
  original?: number;
  /** Names of scalings that mean another one in this family. */
  aliases?: Readonly<Record<string, string>>;
}

/** The rotary base of transformers where the config names none (`default_theta`). */
const DEFAULT_THETA = 10_000;
/** What a dictionary of rotary parameters may always hold. */
const PLAIN_KEYS = new Set(['rope_type', 'type', 'rope_theta', 'partial_rotary_factor']);
/** The keys of `rope_parameters` in models whose layers differ (transformers 5). */
const LAYER_TYPE = /_attention$/;

/**
 * Reads how queries and keys are rotated, from `rope_theta` with `rope_scaling` (transformers 4) or from
 * `rope_parameters` (5). Two places that differ are `invalid`, a scaling that is not written here is `unimplemented`.
 */
export function readRotary(config: ConfigReader, defaults: RotaryDefaults): RotarySpec {
  const { source } = config;
  const tables = readTables(config, defaults);
  requireSameScaling(tables, source);
  const theta = readTheta(config, tables, defaults);
  const dim = readDim(config, tables, defaults);
  const [table] = tables.filter(({ values }) => Object.keys(values).length > 0);
  const stated = table ? scalingName(table, source) : 'default';
  const name = defaults.aliases?.[stated] ?? stated;
  if (!Object.hasOwn(SCALINGS, name))
    throw unsupported(
      `${source} asks for rope scaling ${quoteJson(stated)} in ${table?.name}, which is not supported; ` +
        `supported: ${Object.keys(SCALINGS).join(', ')}`,
    );
  const scaling = SCALINGS[name]!;
  if (table) requireKeys(table, scaling, { name: stated, source });
  return scaling.apply({
    theta,
    dim,
    ...contexts(config, table, defaults),
    options: table?.values ?? {},
    source,
  });
}

interface RopeTable {
  name: string;
  values: ScalingOptions;
}

/** The dictionaries that hold for these layers; both may be there if they agree. */
function readTables(config: ConfigReader, { layerType, unscaled = false }: RotaryDefaults): RopeTable[] {
  return (['rope_scaling', 'rope_parameters'] as const).flatMap((name) => {
    const all = readTable(config, name);
    if (all === undefined) return [];
    const types = Object.keys(all).filter((key) => LAYER_TYPE.test(key));
    const said = (key: string) => `${key} ${quoteJson(all[key])}`;
    if (types.length > 0 && layerType === undefined)
      throw unsupported(
        `${config.source} has ${name} by layer type (${types.map(said).join(', ').slice(0, 300)}), which this model_type ` +
          'does not have here; write one dictionary if all layers rotate alike',
      );
    if (types.length === 0) return unscaled ? [] : [{ name, values: all }];
    const own = all[layerType!];
    if (own === undefined || own === null) return [];
    return [{ name: `${name}.${layerType}`, values: dictionary(own, `${name}.${layerType}`, config.source) }];
  });
}

function readTable(config: ConfigReader, name: string): ScalingOptions | undefined {
  const value = config.take(name);
  if (value === undefined || value === null) return undefined;
  const values = dictionary(value, name, config.source);
  return Object.keys(values).length > 0 ? values : undefined;
}

function dictionary(value: unknown, name: string, source: string): ScalingOptions {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw contradiction(`${source} has ${name} ${quoteJson(value)}; a dictionary or null is expected`);
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null));
}

/** Both dictionaries say how to scale, whatever each leaves to keys outside of it. */
function requireSameScaling(tables: readonly RopeTable[], source: string): void {
  const [first, second] = tables.map((table) => {
    const { rope_theta, partial_rotary_factor, rope_type, type, ...own } = table.values;
    const scaling = { rope_type: scalingName(table, source), ...own };
    return { name: table.name, text: JSON.stringify(Object.entries(scaling).sort()), scaling };
  });
  if (!first || !second || first.text === second.text) return;
  throw contradiction(
    `${source} has ${first.name} ${quoteJson(first.scaling)} beside ${second.name} ${quoteJson(second.scaling)}; ` +
      'delete the one that the model was not trained with',
  );
}

/** The one rotary base that is stated, wherever it stands. */
function readTheta(config: ConfigReader, tables: readonly RopeTable[], defaults: RotaryDefaults): number {
  const { thetaKey = 'rope_theta', theta: fallback = DEFAULT_THETA, unscaled = false } = defaults;
  const own = unscaled && thetaKey === 'rope_theta' ? undefined : config.take(thetaKey);
  const places = [
    { key: thetaKey, theta: own },
    ...tables.map(({ name, values }) => ({ key: `${name}.rope_theta`, theta: values.rope_theta })),
  ];
  return (
    oneOf(
      config.source,
      places.map(({ key, theta }) => ({ key, value: theta })),
      {
        is: (value) => value > 0,
        wanted: 'the rotary base is a positive number',
      },
    ) ?? fallback
  );
}

function readDim(config: ConfigReader, tables: readonly RopeTable[], defaults: RotaryDefaults): number {
  const { d_head, partialKey = 'partial_rotary_factor', partial = 1 } = defaults;
  const places = [
    { key: partialKey, value: config.take(partialKey) },
    ...tables.map(({ name, values }) => ({
      key: `${name}.partial_rotary_factor`,
      value: values.partial_rotary_factor,
    })),
  ];
  const share = oneOf(config.source, places, {
    is: (value) => value > 0 && value <= 1,
    wanted: 'a share above 0, to 1, is expected',
  });
  const dim = Math.trunc(d_head * (share ?? partial));
  if (dim >= 2 && dim % 2 === 0) return dim;
  throw contradiction(
    `${config.source} rotates ${dim} of ${d_head} floats of a head; an even number is needed`,
  );
}

interface Place {
  key: string;
  value: unknown;
}

/** The value of all places that state one; two that differ are refused with both. */
function oneOf(
  source: string,
  places: readonly Place[],
  { is, wanted }: { is(value: number): boolean; wanted: string },
): number | undefined {
  const stated = places.filter(({ value }) => value !== undefined && value !== null);
  for (const { key, value } of stated)
    if (typeof value !== 'number' || !Number.isFinite(value) || !is(value))
      throw contradiction(`${source} has ${key} ${quoteJson(value)}; ${wanted}`);
  const [first, ...others] = stated;
  const other = others.find(({ value }) => value !== first?.value);
  if (first && other)
    throw contradiction(
      `${source} has ${first.key} ${quoteJson(first.value)} beside ${other.key} ${quoteJson(other.value)}; ` +
        'delete the one that the model was not trained with',
    );
  return first?.value as number | undefined;
}

function scalingName({ name, values }: RopeTable, source: string): string {
  const { rope_type, type } = values;
  if (rope_type !== undefined && type !== undefined && rope_type !== type)
    throw contradiction(
      `${source} has ${name}.rope_type ${quoteJson(rope_type)} beside ${name}.type ${quoteJson(type)}; ` +
        'delete the one that the model was not trained with',
    );
  const stated = rope_type ?? type;
  if (stated !== undefined) return typeof stated === 'string' ? stated : quoteJson(stated);
  const odd = Object.keys(values).find((key) => !PLAIN_KEYS.has(key));
  if (odd === undefined) return 'default';
  throw contradiction(
    `${source} has ${name}.${odd.slice(0, 60)} ${quoteJson(values[odd])} without a rope_type; name the type of the ` +
      `scaling, or delete ${name} if there is none`,
  );
}

function requireKeys(
  { name: table, values }: RopeTable,
  { needs, takes }: Scaling,
  { name, source }: { name: string; source: string },
): void {
  const missing = needs.find((key) => values[key] === undefined);
  if (missing !== undefined)
    throw contradiction(`${source} has ${table} of type ${quoteJson(name)} without ${missing}; add it`);
  const odd = Object.keys(values).find((key) => !PLAIN_KEYS.has(key) && ![...needs, ...takes].includes(key));
  if (odd === undefined) return;
  throw contradiction(
    `${source} has ${table}.${odd.slice(0, 60)} ${quoteJson(values[odd])} beside rope_type ${quoteJson(name)}, ` +
      'which has no such parameter; delete one of the two',
  );
}

const ORIGINAL = 'original_max_position_embeddings';

/** The trained context and the one before scaling. */
function contexts(config: ConfigReader, table: RopeTable | undefined, { original }: RotaryDefaults) {
  const context = config.extent('max_position_embeddings');
  const own: ConfigJson = table?.values ?? {};
  const inTable = typeof own[ORIGINAL] === 'number' ? (own[ORIGINAL] as number) : undefined;
  return { context, original: config.extent(ORIGINAL, original ?? inTable ?? context) };
}

function contradiction(message: string): FacetError {
  return new FacetError('invalid', message, { reason: 'MODEL_CONFIG_CONTRADICTORY' });
}

function unsupported(message: string): FacetError {
  return new FacetError('unimplemented', message, { reason: 'MODEL_OPTION_UNSUPPORTED' });
}
