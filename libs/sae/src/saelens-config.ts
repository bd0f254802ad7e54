import { FacetError, quote } from '@facet/errors';
import { z } from 'zod';
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
  normalize_activations: z.union([z.enum(NORMALIZATIONS), z.boolean()]).nullish(),
  reshape_activations: z.string().nullish(),
  k: z.number().optional(),
  rescale_acts_by_decoder_norm: z.boolean().optional(),
  metadata: metadataSchema.optional(),
  activation_fn: z.string().nullish(),
  activation_fn_str: z.string().nullish(),
  activation_fn_kwargs: z.looseObject({ k: z.number().optional(), signed: z.boolean().optional() }).nullish(),
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
  const architecture = architectureOf(file, source);
  const cfg: SaeConfig = {
    architecture,
    d_in: file.d_in,
    d_sae: file.d_sae,
    dtype: 'float32',
    apply_b_dec_to_input: file.apply_b_dec_to_input,
    normalize_activations: normalizationOf(file),
    metadata: file.metadata ?? flatMetadata(file),
  };
  if (architecture === 'topk' || architecture === 'batchtopk' || architecture === 'matryoshka') {
    const k = file.k ?? file.activation_fn_kwargs?.k;
    if (k !== undefined) cfg.k = k;
    cfg.rescale_acts_by_decoder_norm = file.rescale_acts_by_decoder_norm ?? false;
  }
  return { cfg, finetuningScalingFactor: file.finetuning_scaling_factor ?? false };
}

/** Renders `cfg` as a SAELens v6 `cfg.json`. */
export function formatSaelensConfig(cfg: SaeConfig): string {
  const { metadata, ...rest } = cfg;
  return `${JSON.stringify({ ...rest, reshape_activations: 'none', metadata }, null, 2)}\n`;
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

/** `true` is how the first layouts said `expected_average_only_in`. */
function normalizationOf({ normalize_activations: value }: ConfigFile): SaeConfig['normalize_activations'] {
  if (typeof value === 'boolean') return value ? 'expected_average_only_in' : 'none';
  return value ?? 'none';
}

function refuseUnsupported(file: ConfigFile, source: string): void {
  const refuse = (what: string, remedy: string) => {
    throw new FacetError('unimplemented', `${source}: ${what} is not supported; ${remedy}`);
  };
  if (!/^(torch\.)?(float32|float16|bfloat16|float64)$/.test(file.dtype)) {
    refuse(`dtype ${file.dtype.slice(0, 40)}`, 'use float32, float16 or bfloat16');
  }
  const reshape = file.reshape_activations ?? 'none';
  if (reshape !== 'none') refuse(`reshape_activations ${reshape.slice(0, 40)}`, 'only none is');
  const activation = file.activation_fn_str ?? file.activation_fn ?? 'relu';
  if (activation !== 'relu' && activation !== 'topk') {
    refuse(`activation ${activation.slice(0, 40)}`, 'relu and topk are');
  }
  if (file.activation_fn_kwargs?.signed) refuse('a signed topk', 'only topk of positive values is');
}

function flatMetadata(file: ConfigFile): SaeMetadata {
  const metadata: SaeMetadata = {};
  for (const key of FLAT_METADATA_KEYS) {
    const value = file[key];
    if (value !== undefined && value !== null) metadata[key] = value;
  }
  if (typeof file.hook_point === 'string') metadata.hook_name ??= file.hook_point;
  return metadata;
}
