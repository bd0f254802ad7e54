import { FacetError, quoteJson } from '@facet/errors';
import type { Activation } from './model-spec.ts';

/** A configuration as JSON has it. */
export type ConfigJson = Readonly<Record<string, unknown>>;

/** Any dimension above this is a mistake or an attack: the largest open models stay under 300,000. */
const MAX_EXTENT = 1 << 24;

/**
 * Reads the values of a `config.json` and keeps in mind which keys were read: what a family does not read it does not
 * compute (see config-checks.ts). A missing or wrong value is `invalid`, null counts as missing.
 */
export interface ConfigReader {
  readonly json: ConfigJson;
  /** Name of the file, for messages. */
  readonly source: string;
  /** The value as it stands, null and undefined told apart. */
  take(key: string): unknown;
  /** A whole number of 1 to 2^24. */
  extent(key: string, fallback?: number): number;
  /** A finite number above 0. */
  positive(key: string, fallback?: number): number;
  /** A finite number above 0, or null for none. */
  cap(key: string, fallback?: number | null): number | null;
  /** True or false; null, which transformers takes for false, is refused where the `fallback` is true. */
  flag(key: string, fallback: boolean): boolean;
  activation(key: string, fallback?: string): Activation;
  /** Token ids, one or several, none where there are none; all below `d_vocab`: no row is there for another. */
  tokens(key: string, d_vocab: number): number[];
  /** Refuses any value but those that change nothing. */
  only(key: string, ...allowed: readonly unknown[]): void;
  /** Opens a configuration inside this one, which is checked with it. */
  part(json: ConfigJson, name: string): ConfigReader;
  /** Those that were opened. */
  parts(): readonly ConfigReader[];
  /** Keys that were read. */
  seen(): ReadonlySet<string>;
}

/** Opens a configuration for reading. */
export function createConfigReader(json: ConfigJson, source: string): ConfigReader {
  const keys = new Set<string>();
  const parts: ConfigReader[] = [];
  const take = (key: string) => {
    keys.add(key);
    return Object.hasOwn(json, key) ? json[key] : undefined;
  };
  const checked = <T>(key: string, fallback: T | undefined, { is, wanted }: Expected<T>): T => {
    const value = take(key) ?? fallback ?? take(key);
    if (is(value)) return value;
    const has = value === undefined ? `has no ${key}` : `has ${key} ${quoteJson(value)}`;
    throw invalid(`${source} ${has}; ${wanted} is expected`);
  };
  return {
    json,
    source,
    take,
    extent: (key, fallback) => checked(key, fallback, EXTENT),
    positive: (key, fallback) => checked(key, fallback, POSITIVE),
    // Null is a value here: it takes a cap off that the family has by default.
    cap: (key, fallback = null) =>
      take(key) === null ? null : take(key) === undefined ? fallback : checked(key, undefined, POSITIVE),
    flag: (key, fallback) => {
      const isNull = fallback && take(key) === null;
      return checked(key, isNull ? undefined : fallback, FLAG);
    },
    activation(key, fallback) {
      const name = checked(key, fallback, TEXT);
      if (Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name]!;
      throw unsupported(source, `${key} ${quoteJson(name)}`, Object.keys(ACTIVATIONS).join(', '));
    },
    tokens(key, d_vocab) {
      const ids = [take(key) ?? []].flat();
      for (const id of ids) {
        if (!Number.isInteger(id) || Number(id) < 0)
          throw invalid(`${source} has ${key} ${quoteJson(id)}; token ids are expected`);
        if (Number(id) >= d_vocab)
          throw new FacetError(
            'invalid',
            `${source} has ${key} ${id} beside a vocab_size of ${d_vocab}; correct the one that is wrong`,
            { reason: 'MODEL_CONFIG_CONTRADICTORY' },
          );
      }
      return ids as number[];
    },
    only(key, ...allowed) {
      const value = take(key);
      if (value === undefined || value === null || allowed.includes(value)) return;
      throw unsupported(source, `${key} ${quoteJson(value)}`, allowed.map(quoteJson).join(', '));
    },
    part(inner, name) {
      const reader = createConfigReader(inner, `${source}: ${name}`);
      parts.push(reader);
      return reader;
    },
    parts: () => parts,
    seen: () => keys,
  };
}

interface Expected<T> {
  is(value: unknown): value is T;
  wanted: string;
}

const EXTENT: Expected<number> = {
  is: (value): value is number => Number.isInteger(value) && Number(value) > 0 && Number(value) <= MAX_EXTENT,
  wanted: `a whole number of 1 to ${MAX_EXTENT}`,
};
const POSITIVE: Expected<number> = {
  is: (value): value is number => Number.isFinite(value) && Number(value) > 0,
  wanted: 'a positive number',
};
const FLAG: Expected<boolean> = {
  is: (value): value is boolean => typeof value === 'boolean',
  wanted: 'true or false',
};
const TEXT: Expected<string> = {
  is: (value): value is string => typeof value === 'string',
  wanted: 'a name',
};

/** Names of transformers (`activations.py`); gelu_fast's constant is √(2/π) to ten digits. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  quick_gelu: 'gelu-quick',
  relu: 'relu',
  relu2: 'relu2',
};

function invalid(message: string): FacetError {
  return new FacetError('invalid', message, { reason: 'MODEL_CONFIG_INVALID' });
}

function unsupported(source: string, option: string, supported: string): FacetError {
  const message = `${source} asks for ${option}, which is not supported; supported: ${supported}`;
  return new FacetError('unimplemented', message, { reason: 'MODEL_OPTION_UNSUPPORTED' });
}
