import { FacetError, quote } from '@facet/errors';
import { z } from 'zod';
import { asksForSomething, layerOf, refuseOption, refuseStated, requireAgreement } from './config-checks.ts';
import { isHeadOutput } from './hook-names.ts';
import { parseJsonConfig } from './json-config.ts';
import { metadataSchema } from './metadata-schema.ts';
import {
  ARCHITECTURES,
  type Architecture,
  checkConfig,
  NORMALIZATIONS,
  type SaeConfig,
  type SaeMetadata,
} from './sae.ts';

/** What a `cfg.json` says, before it is known whether its SAE can be used as it is. */
export interface SaelensConfigFile {
  /** Not checked yet; its `normalize_activations` may be one that needs folding. */
  cfg: SaeConfig;
  /** Whether activations are multiplied by the tensor `scaling_factor` before decoding (SAELens 1 to 5). */
  finetuningScalingFactor: boolean;
}

/** Fields shared by v6 and the older flat layouts; every other key is kept out of the weights' meaning. */
const fileSchema = z.looseObject({
  architecture: z.string().default('standard'),
  d_in: z.number(),
  d_sae: z.number(),
  dtype: z.string().default('float32'),
  apply_b_dec_to_input: z.boolean().default(true),
  normalize_activations: z.union([z.string(), z.boolean()]).nullish(),
  reshape_activations: z.string().nullish(),
  k: z.number().nullish(),
  rescale_acts_by_decoder_norm: z.boolean().nullish(),
  metadata: metadataSchema.optional(),
  meta: metadataSchema.optional(),
  activation_fn: z.string().nullish(),
  activation_fn_str: z.string().nullish(),
  activation_fn_kwargs: z.looseObject({ k: z.number().nullish() }).nullish(),
  finetuning_scaling_factor: z.boolean().nullish(),
});
type ConfigFile = z.infer<typeof fileSchema>;

/** Keys of the older flat layouts that describe the training of the SAE: they move into `metadata`. */
const FLAT_METADATA_KEYS = [
  'model_name',
  'hook_name',
  'hook_head_index',
  'context_size',
  'prepend_bos',
  'dataset_path',
  'sae_lens_training_version',
];

/**
 * Parses a SAELens `cfg.json`, v6 or an older flat layout, of an SAE that can be used as it is; everything it cannot honour is
 * refused by name.
 */
export function parseSaelensConfig(text: string, source: string): SaeConfig {
  const { cfg, finetuningScalingFactor } = parseSaelensFile(text, source);
  if (finetuningScalingFactor) {
    throw new FacetError(
      'unimplemented',
      `${source}: finetuning_scaling_factor is not folded; import the SAE with facet saes import`,
    );
  }
  checkConfig(cfg, source);
  return cfg;
}

/** Parses a SAELens `cfg.json` that an import may still have to convert. */
export function parseSaelensFile(text: string, source: string): SaelensConfigFile {
  const file = parseJsonConfig(text, fileSchema, { source, file: 'cfg.json', format: 'SAELens' });
  refuseUnsupported(file, source);
  refuseOtherSaes(file, source);
  const architecture = architectureOf(file, source);
  requireConsistent(file, source);
  const cfg: SaeConfig = {
    architecture,
    d_in: file.d_in,
    d_sae: file.d_sae,
    dtype: 'float32',
    apply_b_dec_to_input: file.apply_b_dec_to_input,
    normalize_activations: normalizationOf(file, source),
    metadata: metadataOf(file, source),
  };
  const k = file.k ?? file.activation_fn_kwargs?.k ?? undefined;
  if (selects(architecture)) {
    if (k !== undefined) cfg.k = k;
    cfg.rescale_acts_by_decoder_norm = file.rescale_acts_by_decoder_norm ?? false;
  } else {
    const name = isPresent(file.k) ? 'k' : 'activation_fn_kwargs.k';
    refuseStated(source, { name, value: k }, noSelection(file, architecture));
    if (file.rescale_acts_by_decoder_norm) cfg.rescale_acts_by_decoder_norm = true;
  }
  return { cfg, finetuningScalingFactor: file.finetuning_scaling_factor ?? false };
}

/** Renders `cfg` as a SAELens v6 `cfg.json`. */
export function formatSaelensConfig(cfg: SaeConfig): string {
  const { metadata, ...rest } = cfg;
  // Rows of hook_z are all heads side by side here; SAELens makes them so when it is told.
  const reshape_activations = isHeadOutput(metadata.hook_name) ? 'hook_z' : 'none';
  return `${JSON.stringify({ ...rest, reshape_activations, metadata }, null, 2)}\n`;
}

function architectureOf(file: ConfigFile, source: string): Architecture {
  const activation = file.activation_fn_str ?? file.activation_fn;
  if (file.architecture === 'standard' && activation === 'topk') return 'topk';
  if (file.architecture === 'matryoshka_batchtopk') return 'matryoshka';
  const known = ARCHITECTURES.find((name) => name === file.architecture);
  if (known) return known;
  throw new FacetError(
    'unimplemented',
    `${source}: the architecture ${quote(file.architecture)} is not supported; ` +
      `${ARCHITECTURES.join(', ')} are`,
  );
}

/** Whether an architecture selects the k largest pre-activations of a row or a batch. */
function selects(architecture: Architecture): boolean {
  return architecture === 'topk' || architecture === 'batchtopk' || architecture === 'matryoshka';
}

function noSelection({ activation_fn_str, activation_fn }: ConfigFile, architecture: Architecture): string {
  const activation = activation_fn_str ?? activation_fn;
  const stated = isPresent(activation)
    ? `with activation_fn ${activation}`
    : 'without an activation function';
  return (
    `a ${architecture} SAE ${stated} keeps every feature that fires; ` +
    'delete k, or name the function (activation_fn_str "topk") or the architecture ("topk")'
  );
}

/** `true` is how the first layouts said `expected_average_only_in`. */
function normalizationOf(
  { normalize_activations: value }: ConfigFile,
  source: string,
): SaeConfig['normalize_activations'] {
  if (typeof value === 'boolean') return value ? 'expected_average_only_in' : 'none';
  const known = NORMALIZATIONS.find((name) => name === (value ?? 'none'));
  return (
    known ??
    refuseOption(source, { name: 'normalize_activations', value }, `${NORMALIZATIONS.join(', ')} are known`)
  );
}

function refuseUnsupported(file: ConfigFile, source: string): void {
  const refuse = (name: string, value: unknown, remedy: string) =>
    refuseOption(source, { name, value }, remedy);
  if (!/^(torch\.)?(float32|float16|bfloat16|float64)$/.test(file.dtype))
    refuse('dtype', file.dtype.slice(0, 40), 'use float32, float16 or bfloat16');
  requireShape(file, source);
  for (const name of ['activation_fn_str', 'activation_fn'] as const) {
    const activation = file[name] ?? 'relu';
    if (activation !== 'relu' && activation !== 'topk')
      refuse(name, activation.slice(0, 40), 'relu and topk are');
  }
  for (const [name, value] of Object.entries(file.activation_fn_kwargs ?? {}))
    if (name !== 'k' && asksForSomething(value))
      refuse(`activation_fn_kwargs.${name.slice(0, 40)}`, value, 'only k is');
}

/** Rows of `hook_z` are all heads side by side here, as `reshape_activations: hook_z` makes them. */
function requireShape({ reshape_activations, metadata, meta, ...flat }: ConfigFile, source: string): void {
  const value = reshape_activations ?? 'none';
  const hook = metadata?.hook_name ?? meta?.hook_name ?? flat.hook_name ?? flat.hook_point;
  if (value === 'none' || (value === 'hook_z' && isHeadOutput(hook))) return;
  const name = 'reshape_activations';
  refuseOption(source, { name, value: value.slice(0, 40) }, 'none is, and hook_z at attn.hook_z');
}

/** Keys that only transcoders, skip connections, single heads and SAEs of several hook points have. */
const OTHER_SAES =
  /^(d_out|hook_(name|point|layer|point_layer)_out|hook_(point_)?head_index(_out)?|hook_names|.*transcod.*|.*skip.*)$/;

function refuseOtherSaes(file: ConfigFile, source: string): void {
  for (const [name, value] of Object.entries({ ...file, ...file.metadata, ...file.meta }))
    if (OTHER_SAES.test(name) && asksForSomething(value) && !isSameHook(name, value, file))
      refuseOption(source, { name, value }, 'only SAEs that read and write the whole of one hook point are');
}

function isSameHook(name: string, value: unknown, file: ConfigFile): boolean {
  if (name === 'd_out') return value === file.d_in;
  if (!name.startsWith('hook_') || !name.endsWith('_out')) return false;
  const input = name.slice(0, -'_out'.length);
  return value === (file[input] ?? file.metadata?.[input] ?? file.meta?.[input]);
}

/** Refuses keys that say the same thing differently, and functions that do not belong to the architecture. */
function requireConsistent(file: ConfigFile, source: string): void {
  const { activation_fn, activation_fn_str, activation_fn_kwargs, architecture } = file;
  const agree = (first: string, a: unknown, second: string, b: unknown) =>
    requireAgreement(source, { name: first, value: a }, { name: second, value: b });
  agree('activation_fn_str', activation_fn_str, 'activation_fn', activation_fn);
  agree('k', file.k, 'activation_fn_kwargs.k', activation_fn_kwargs?.k);
  const activation = activation_fn_str ?? activation_fn;
  const wanted = architecture === 'topk' ? 'topk' : architecture === 'standard' ? activation : 'relu';
  if (isPresent(activation) && activation !== wanted)
    refuseStated(
      source,
      { name: isPresent(activation_fn_str) ? 'activation_fn_str' : 'activation_fn', value: activation },
      `the architecture is ${architecture.slice(0, 60)}; correct the one that is wrong`,
    );
}

/** The metadata of every layout: `metadata` (v6), `meta` (v6 before its release), or flat keys. */
function metadataOf(file: ConfigFile, source: string): SaeMetadata {
  const nested = file.metadata ?? file.meta;
  for (const [name, value] of Object.entries(file.metadata ?? {}))
    requireAgreement(
      source,
      { name: `metadata.${name}`, value: isPlain(value) ? value : undefined },
      { name: `meta.${name}`, value: file.meta?.[name] },
    );
  const flat = flatMetadata(file);
  for (const metadata of [file.metadata, file.meta])
    for (const [name, value] of Object.entries(flat))
      requireAgreement(source, { name: `metadata.${name}`, value: metadata?.[name] }, { name, value });
  const metadata = nested ? { ...nested } : flat;
  const { hook_point, hook_point_layer, hook_layer } = file;
  requireAgreement(
    source,
    { name: 'hook_name', value: metadata.hook_name },
    { name: 'hook_point', value: hook_point },
  );
  const layer = { name: `the layer of ${metadata.hook_name}`, value: layerOf(metadata.hook_name) };
  requireAgreement(source, layer, { name: 'hook_layer', value: hook_layer });
  requireAgreement(source, layer, { name: 'hook_point_layer', value: hook_point_layer });
  requireAgreement(source, layer, { name: 'metadata.hook_layer', value: nested?.hook_layer });
  const stated = [hook_layer, hook_point_layer, nested?.hook_layer].find(Number.isInteger);
  return stated === undefined ? metadata : withLayer(metadata, Number(stated));
}

/** Names the layer in the hook point, which the first configurations call `blocks.{layer}.hook_resid_pre`. */
function withLayer(metadata: SaeMetadata, layer: number): SaeMetadata {
  const { hook_name } = metadata;
  if (hook_name === undefined) return metadata;
  if (hook_name.startsWith('hook_')) return { ...metadata, hook_name: `blocks.${layer}.${hook_name}` };
  return { ...metadata, hook_name: hook_name.replace('{layer}', String(layer)) };
}

function flatMetadata(file: ConfigFile): SaeMetadata {
  const metadata: SaeMetadata = {};
  for (const key of FLAT_METADATA_KEYS) {
    const value = file[key];
    if (isPresent(value)) metadata[key] = value;
  }
  if (typeof file.hook_point === 'string') metadata.hook_name ??= file.hook_point;
  return metadata;
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object';
}

function isPresent<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null;
}
