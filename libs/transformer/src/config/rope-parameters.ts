import { FacetError, quoteJson } from '@facet/errors';

/** A configuration as JSON has it. */
export type ConfigJson = Readonly<Record<string, unknown>>;

/** The rotary base that the supported families use when the config names none (transformers 5, `default_theta`). */
const DEFAULT_THETA = 10_000;

/** What a dictionary of rotary parameters may hold; any other key belongs to a scaling. */
const PLAIN_KEYS = new Set(['rope_type', 'type', 'rope_theta', 'partial_rotary_factor']);

/** The keys of `rope_parameters` in models whose layers differ (transformers 5, `layer_types`). */
const LAYER_TYPE = /_attention$/;

/**
 * Finds the base of the rotary frequencies. It may stand at the top (`rope_theta`), in `rope_scaling`, or, from
 * transformers 5 on, in `rope_parameters`; transformers 4 and 5 prefer different ones, so two that differ are refused
 * with both values. Every scaling is `unimplemented`; a scaling without a type is `invalid`.
 */
export function readRopeTheta(config: ConfigJson, source: string): number {
  const tables = (['rope_scaling', 'rope_parameters'] as const).flatMap((key) => {
    const table = readTable(config, key, source);
    return table ? [table] : [];
  });
  for (const table of tables) requirePlain(table, source);
  const stated = [{ key: 'rope_theta', theta: config.rope_theta }, ...tables].filter(
    ({ theta }) => theta !== undefined && theta !== null,
  );
  for (const { key, theta } of stated)
    if (typeof theta !== 'number' || !(theta > 0 && Number.isFinite(theta)))
      throw contradiction(`${source} has ${key} ${quoteJson(theta)}; the rotary base is a positive number`);
  const [first, ...others] = stated;
  const other = others.find(({ theta }) => theta !== first?.theta);
  if (first && other)
    throw contradiction(
      `${source} has ${first.key} ${quoteJson(first.theta)} beside ${other.key} ${quoteJson(other.theta)}; ` +
        'delete the one that the model was not trained with',
    );
  return (first?.theta as number | undefined) ?? DEFAULT_THETA;
}

interface RopeTable {
  /** Where its base stands, for messages. */
  key: string;
  name: string;
  theta: unknown;
  values: ConfigJson;
}

function readTable(config: ConfigJson, name: string, source: string): RopeTable | undefined {
  const value = config[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value))
    throw contradiction(`${source} has ${name} ${quoteJson(value)}; a dictionary or null is expected`);
  const values = Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null));
  if (Object.keys(values).length === 0) return undefined;
  return { key: `${name}.rope_theta`, name, theta: values.rope_theta, values };
}

/** Refuses every table that asks for other frequencies than θ^(−2i/d_head). */
function requirePlain({ name, values }: RopeTable, source: string): void {
  const { rope_type, type } = values;
  if (rope_type !== undefined && type !== undefined && rope_type !== type)
    throw contradiction(
      `${source} has ${name}.rope_type ${quoteJson(rope_type)} beside ${name}.type ${quoteJson(type)}; ` +
        'delete the one that the model was not trained with',
    );
  const layerTypes = Object.keys(values).filter((key) => LAYER_TYPE.test(key));
  const said = (key: string) => `${key} ${quoteJson(values[key])}`;
  if (layerTypes.length > 0)
    throw unsupported(
      `${source} has ${name} by layer type (${layerTypes.map(said).join(', ').slice(0, 300)}), which this model_type ` +
        'does not have here; write one dictionary if all layers rotate alike',
    );
  const scaling = rope_type ?? type;
  if (scaling !== undefined && scaling !== 'default')
    throw unsupported(
      `${source} asks for rope scaling ${quoteJson(scaling)} in ${name}, which is not supported`,
    );
  const odd = Object.keys(values).find((key) => !PLAIN_KEYS.has(key));
  if (odd === undefined) return;
  const pair = `${name}.${odd.slice(0, 60)} ${quoteJson(values[odd])}`;
  throw contradiction(
    scaling === undefined
      ? `${source} has ${pair} without a rope_type; name the type of the scaling, or delete ${name} if there is none`
      : `${source} has ${pair} beside rope_type "default", which has no such parameter; delete one of the two`,
  );
}

function contradiction(message: string): FacetError {
  return new FacetError('invalid', message, { reason: 'MODEL_CONFIG_CONTRADICTORY' });
}

function unsupported(message: string): FacetError {
  return new FacetError('unimplemented', message, { reason: 'MODEL_OPTION_UNSUPPORTED' });
}
