import { FacetError, quoteJson } from '@facet/errors';
import type { ConfigJson } from './config-reader.ts';
import type { RotarySpec } from './model-spec.ts';

/** Parameters of a scaling as JSON has them. */
export type ScalingOptions = ConfigJson;

/** What a scaling starts from. */
export interface Rotation {
  /** The rotary base. */
  theta: number;
  /** Floats of a head that are rotated. */
  dim: number;
  /** Positions that the model was trained for, after scaling and before. */
  context: number;
  original: number;
  options: ScalingOptions;
  /** Name of the file, for messages. */
  source: string;
}

/** One way to change the frequencies θ^(−2i/dim). */
export interface Scaling {
  /** Parameters that must be there. */
  needs: readonly string[];
  /** Parameters that may be there. */
  takes: readonly string[];
  apply(rotation: Rotation): RotarySpec;
}

const ORIGINAL = 'original_max_position_embeddings';

/** The scalings of transformers (`modeling_rope_utils.py`), by name. */
export const SCALINGS: Readonly<Record<string, Scaling>> = {
  default: { needs: [], takes: [], apply: (rotation) => plain(rotation) },
  linear: {
    needs: ['factor'],
    takes: [],
    apply: (rotation) => {
      const factor = number(rotation, 'factor');
      return plain(rotation, (frequency) => frequency / factor);
    },
  },
  // Up to the trained context the frequencies are the plain ones, and longer texts are refused.
  dynamic: { needs: ['factor'], takes: [ORIGINAL], apply: (rotation) => plain(rotation) },
  llama3: {
    needs: ['factor', 'low_freq_factor', 'high_freq_factor'],
    takes: [ORIGINAL],
    apply: llama3,
  },
  yarn: {
    needs: [],
    takes: [
      ...['factor', 'beta_fast', 'beta_slow', 'truncate', 'attention_factor', 'mscale', 'mscale_all_dim'],
      ORIGINAL,
    ],
    apply: yarn,
  },
  longrope: {
    needs: ['short_factor', 'long_factor'],
    takes: ['factor', 'attention_factor', ORIGINAL],
    apply: longrope,
  },
};

function frequencies({ theta, dim }: Rotation): number[] {
  return Array.from({ length: dim / 2 }, (_, i) => theta ** ((-2 * i) / dim));
}

function plain(rotation: Rotation, change = (frequency: number) => frequency): RotarySpec {
  return { dim: rotation.dim, frequencies: frequencies(rotation).map(change), amplitude: 1 };
}

/** Long waves are slowed by `factor`, short ones kept, and between them blended (Llama 3.1). */
function llama3(rotation: Rotation): RotarySpec {
  const [factor, low, high] = ['factor', 'low_freq_factor', 'high_freq_factor'].map((key) =>
    number(rotation, key),
  );
  if (high! <= low!)
    throw wrong(
      `${rotation.source} has rope scaling with high_freq_factor ${high} beside low_freq_factor ${low}; the former must be larger`,
    );
  return plain(rotation, (frequency) => {
    const turns = (rotation.original * frequency) / (2 * Math.PI);
    const keep = clamp((turns - low!) / (high! - low!));
    return frequency * (keep + (1 - keep) / factor!);
  });
}

/** NTK by parts (Peng et al. 2023): a ramp over the frequencies, and larger cosines and sines. */
function yarn(rotation: Rotation): RotarySpec {
  const { theta, dim, context, original, options } = rotation;
  const factor = number(rotation, 'factor', context / original);
  const at = (turns: number) => (dim * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const bounds = [at(number(rotation, 'beta_fast', 32)), at(number(rotation, 'beta_slow', 1))];
  const whole = options.truncate === false ? bounds : [Math.floor(bounds[0]!), Math.ceil(bounds[1]!)];
  const [low, high] = [Math.max(whole[0]!, 0), Math.min(whole[1]!, dim - 1)];
  const scaled = frequencies(rotation).map((frequency, i) => {
    const slow = clamp((i - low) / (high - low || 0.001));
    return frequency * (slow / factor + 1 - slow);
  });
  return { dim, frequencies: scaled, amplitude: yarnAmplitude(rotation, factor) };
}

function yarnAmplitude(rotation: Rotation, factor: number): number {
  const { attention_factor, mscale, mscale_all_dim } = rotation.options;
  if (attention_factor !== undefined) return number(rotation, 'attention_factor');
  const grown = (scale: number) => (factor > 1 ? 0.1 * scale * Math.log(factor) + 1 : 1);
  if (!mscale || !mscale_all_dim) return grown(1);
  return grown(number(rotation, 'mscale')) / grown(number(rotation, 'mscale_all_dim'));
}

/** One divisor for each frequency, from two lists: for texts within the original context and beyond (Phi 3). */
function longrope(rotation: Rotation): RotarySpec {
  const { dim, context, original } = rotation;
  const factor = number(rotation, 'factor', context / original);
  const grown = factor > 1 ? Math.sqrt(1 + Math.log(factor) / Math.log(original)) : 1;
  const stretched = (key: string) => {
    const divisors = list(rotation, key);
    return frequencies(rotation).map((frequency, i) => frequency / divisors[i]!);
  };
  return {
    dim,
    frequencies: stretched('short_factor'),
    amplitude: number(rotation, 'attention_factor', grown),
    long: { tokens: original, frequencies: stretched('long_factor') },
  };
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function number({ options, source }: Rotation, key: string, fallback?: number): number {
  const value = options[key] ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw wrong(`${source} has rope scaling with ${key} ${quoteJson(value)}; a positive number is expected`);
}

function list({ options, dim, source }: Rotation, key: string): number[] {
  const value = options[key];
  const isRight =
    Array.isArray(value) &&
    value.length === dim / 2 &&
    value.every((one) => typeof one === 'number' && Number.isFinite(one) && one > 0);
  if (isRight) return value;
  const has = Array.isArray(value) ? `${value.length} values` : quoteJson(value);
  throw wrong(`${source} has rope scaling with ${key} of ${has}; ${dim / 2} positive numbers are expected`);
}

function wrong(message: string): FacetError {
  return new FacetError('invalid', message, { reason: 'MODEL_CONFIG_CONTRADICTORY' });
}
