import { FacetError } from '@facet/errors';

/** Every SAE architecture that Facet knows by name; `encodeReference` has their equations. */
export const ARCHITECTURES = ['standard', 'topk', 'batchtopk', 'jumprelu', 'gated', 'matryoshka'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** How inputs are normalised before encoding; only `none` is implemented, the others are refused by name. */
export const NORMALIZATIONS = [
  'none',
  'expected_average_only_in',
  'constant_norm_rescale',
  'layer_norm',
] as const;
export type Normalization = (typeof NORMALIZATIONS)[number];

/** What an SAE was trained on; unknown keys of a SAELens `cfg.json` are kept as they are. */
export interface SaeMetadata {
  /** The language model, as the trainer named it. */
  model_name?: string;
  /** The hook point, e.g. `blocks.6.hook_resid_post`. */
  hook_name?: string;
  /** Tokens per context at capture. */
  context_size?: number;
  /** Whether every context began with the BOS token. */
  prepend_bos?: boolean;
  /** topk only: the calibrated threshold that stands for the selection where one feature is encoded alone. */
  inference_threshold?: number;
  [key: string]: unknown;
}

/** The configuration of an SAE in the spelling of SAELens v6's `cfg.json`. */
export interface SaeConfig {
  architecture: Architecture;
  d_in: number;
  d_sae: number;
  dtype: 'float32';
  apply_b_dec_to_input: boolean;
  normalize_activations: Normalization;
  /** topk: features kept per row. */
  k?: number;
  /**
   * topk, batchtopk, matryoshka: whether pre-activations are multiplied by ‖W_dec_i‖ before selection (and divided out at
   * decode).
   */
  rescale_acts_by_decoder_norm?: boolean;
  metadata: SaeMetadata;
}

/** A sparse autoencoder: x ≈ f W_dec + b_dec with sparse f = act((x − b_dec) W_enc + b_enc). */
export interface Sae {
  cfg: SaeConfig;
  /** [d_in, d_sae], row-major. */
  W_enc: Float32Array;
  /** [d_sae]; all 0 for gated, whose biases are `b_gate` and `b_mag`. */
  b_enc: Float32Array;
  /** [d_sae, d_in], row-major; row i is the direction of feature i. */
  W_dec: Float32Array;
  /** [d_in]. */
  b_dec: Float32Array;
  /** [d_sae], for jumprelu, batchtopk and matryoshka: f = ReLU(pre)·[pre > threshold]. */
  threshold?: Float32Array;
  /** [d_sae], for gated: a feature fires where x_c W_enc + b_gate > 0. */
  b_gate?: Float32Array;
  /** [d_sae], for gated: the bias of its magnitude ReLU(x_c (W_enc·exp(r_mag)) + b_mag). */
  b_mag?: Float32Array;
  /** [d_sae], for gated: log of the factor between gate and magnitude. */
  r_mag?: Float32Array;
}

/** Feature activations f > 0 of some rows, in compressed sparse rows. */
export interface SparseActivations {
  rows: number;
  /** [rows + 1]; row r owns entries offsets[r] to offsets[r + 1]. */
  offsets: Uint32Array;
  /** Feature indices, ascending within a row. */
  indices: Uint32Array;
  /** Activations, all > 0. */
  values: Float32Array;
}

/** Largest supported residual width; a bound on untrusted configurations. */
export const MAX_D_IN = 65_536;
/** Largest supported number of features; a bound on untrusted configurations. */
export const MAX_D_SAE = 16_777_216;

/** Throws a FacetError unless `sae` is one that this library can encode with: sizes, shapes, k, threshold. */
export function checkSae(sae: Sae, source: string): void {
  checkStored(sae, source);
  if (sae.threshold === undefined && lacksThreshold(sae) && sae.cfg.architecture !== 'topk')
    throw new FacetError(
      'precondition',
      `${source}: this ${sae.cfg.architecture} SAE has no threshold, and without one every positive feature would fire; ` +
        'index it on an activation set of its model (facet index), which calibrates one',
      { reason: 'THRESHOLD_MISSING' },
    );
}

/** As `checkSae`, but lets a threshold be missing that can be calibrated. */
export function checkStored(sae: Sae, source: string): void {
  checkConfig(sae.cfg, source);
  const { architecture, d_in, d_sae } = sae.cfg;
  checkLength(sae.W_enc, d_in * d_sae, 'W_enc', source);
  checkLength(sae.b_enc, d_sae, 'b_enc', source);
  checkLength(sae.W_dec, d_sae * d_in, 'W_dec', source);
  checkLength(sae.b_dec, d_in, 'b_dec', source);
  for (const name of featureTensors(architecture)) {
    const values = sae[name];
    if (values !== undefined) checkLength(values, d_sae, name, source);
    else if (name === 'threshold' && isBatchwise(architecture)) checkK(sae.cfg, source);
    else throw new FacetError('invalid', `${source}: a ${architecture} SAE needs the tensor ${name} [d_sae]`);
  }
  if (architecture === 'gated') requireZero(sae.b_enc, source);
}

/** Throws a FacetError unless the configuration is sound and of an architecture that can encode here. */
export function checkConfig(cfg: SaeConfig, source: string): void {
  checkSize(cfg.d_in, MAX_D_IN, 'd_in', source);
  checkSize(cfg.d_sae, MAX_D_SAE, 'd_sae', source);
  if (cfg.normalize_activations !== 'none') {
    throw new FacetError(
      'unimplemented',
      `${source}: normalize_activations ${cfg.normalize_activations} is not supported; ` +
        'fold it into the weights and export with none',
    );
  }
  if (cfg.rescale_acts_by_decoder_norm && !mayRescale(cfg.architecture)) {
    throw new FacetError(
      'invalid',
      `${source}: rescale_acts_by_decoder_norm is true for a ${cfg.architecture} SAE; ` +
        'only topk, batchtopk and matryoshka have it: fold the decoder norms into the weights',
    );
  }
  if (cfg.architecture === 'topk') checkK(cfg, source);
}

/** Tells whether f is gated by a stored per-feature threshold. */
export function usesThreshold(architecture: Architecture): boolean {
  return architecture === 'jumprelu' || isBatchwise(architecture);
}

/**
 * Tells whether an SAE came without the threshold by which a feature fires alone (topk), or by which it fires at all (batchtopk,
 * matryoshka). It can be calibrated on rows.
 */
export function lacksThreshold({ cfg, threshold }: Pick<Sae, 'cfg' | 'threshold'>): boolean {
  if (cfg.architecture === 'topk') return !Number.isFinite(cfg.metadata.inference_threshold);
  return isBatchwise(cfg.architecture) && threshold === undefined;
}

/** Gives an SAE the threshold that was calibrated for it; its weights stay what they are. */
export function withThreshold(sae: Sae, { value, rows }: { value: number; rows: number }): Sae {
  const { cfg } = sae;
  const metadata = { ...cfg.metadata, inference_threshold: value, inference_threshold_rows: rows };
  if (cfg.architecture === 'topk') return { ...sae, cfg: { ...cfg, metadata } };
  return { ...sae, threshold: new Float32Array(cfg.d_sae).fill(value) };
}

/** Tells whether training selects over a whole batch, and f is gated by a threshold that stands for it. */
export function isBatchwise(architecture: Architecture): boolean {
  return architecture === 'batchtopk' || architecture === 'matryoshka';
}

/** The tensors [d_sae] that an architecture has besides b_enc. */
export function featureTensors(
  architecture: Architecture,
): readonly ('threshold' | 'b_gate' | 'b_mag' | 'r_mag')[] {
  if (architecture === 'gated') return ['b_gate', 'b_mag', 'r_mag'];
  return usesThreshold(architecture) ? ['threshold'] : [];
}

function mayRescale(architecture: Architecture): boolean {
  return architecture === 'topk' || isBatchwise(architecture);
}

function requireZero(b_enc: Float32Array, source: string): void {
  const at = b_enc.findIndex((value) => value !== 0);
  if (at >= 0) {
    throw new FacetError(
      'invalid',
      `${source}: b_enc[${at}] is ${b_enc[at]}; a gated SAE has only b_gate and b_mag, so b_enc must be 0`,
    );
  }
}

function checkK({ architecture, k, d_sae }: SaeConfig, source: string): void {
  if (k === undefined || !Number.isInteger(k) || k < 1 || k > d_sae) {
    throw new FacetError(
      'invalid',
      `${source}: k is ${k}; a ${architecture} SAE needs an integer from 1 to d_sae ${d_sae}`,
    );
  }
}

function checkSize(value: number, max: number, name: string, source: string): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new FacetError('invalid', `${source}: ${name} is ${value}; it must be an integer from 1 to ${max}`);
  }
}

function checkLength(values: Float32Array, length: number, name: string, source: string): void {
  if (values.length !== length) {
    throw new FacetError(
      'invalid',
      `${source}: ${name} has ${values.length} values; its shape asks for ${length}`,
    );
  }
}
