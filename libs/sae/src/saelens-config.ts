import { FacetError } from '@facet/errors';
import { z } from 'zod';
import { ARCHITECTURES, checkConfig, NORMALIZATIONS, type SaeConfig, type SaeMetadata } from './sae.ts';

/** Largest `cfg.json` that is read; real ones are below 10 KiB. */
export const MAX_CONFIG_BYTES = 1 << 20;

const metadataSchema = z.looseObject({
  model_name: z.string().optional(),
  hook_name: z.string().optional(),
  context_size: z.number().int().optional(),
  prepend_bos: z.boolean().optional(),
  inference_threshold: z.number().optional(),
});

/** Fields shared by v6 and the older flat layout; every other key is kept out of the weights' meaning. */
const fileSchema = z.looseObject({
  architecture: z.enum(ARCHITECTURES).default('standard'),
  d_in: z.number(),
  d_sae: z.number(),
  dtype: z.string().default('float32'),
  apply_b_dec_to_input: z.boolean(),
  normalize_activations: z.enum(NORMALIZATIONS).nullish(),
  reshape_activations: z.string().nullish(),
  k: z.number().optional(),
  rescale_acts_by_decoder_norm: z.boolean().optional(),
  metadata: metadataSchema.optional(),
  activation_fn: z.string().optional(),
  activation_fn_str: z.string().optional(),
  activation_fn_kwargs: z.looseObject({ k: z.number().optional() }).nullish(),
  finetuning_scaling_factor: z.boolean().optional(),
});
type ConfigFile = z.infer<typeof fileSchema>;

/** Keys of the older flat layout that describe the training of the SAE: they move into `metadata`. */
const FLAT_METADATA_KEYS = [
  'model_name',
  'hook_name',
  'hook_head_index',
  'context_size',
  'prepend_bos',
  'dataset_path',
];

/**
 * Parses a SAELens `cfg.json`, v6 or the older flat layout; everything it cannot honour is refused by name.
 */
export function parseSaelensConfig(text: string, source: string): SaeConfig {
  const file = parseFile(text, source);
  refuseUnsupported(file, source);
  const cfg: SaeConfig = {
    architecture: isFlatTopk(file) ? 'topk' : file.architecture,
    d_in: file.d_in,
    d_sae: file.d_sae,
    dtype: 'float32',
    apply_b_dec_to_input: file.apply_b_dec_to_input,
    normalize_activations: file.normalize_activations ?? 'none',
    metadata: file.metadata ?? flatMetadata(file),
  };
  if (cfg.architecture === 'topk') {
    cfg.k = file.k ?? file.activation_fn_kwargs?.k;
    cfg.rescale_acts_by_decoder_norm = file.rescale_acts_by_decoder_norm ?? false;
  }
  checkConfig(cfg, source);
  return cfg;
}

/**
 * Renders `cfg` as a SAELens v6 `cfg.json`; batchtopk and matryoshka are written as jumprelu, as SAELens
 * does.
 */
export function formatSaelensConfig(cfg: SaeConfig): string {
  const { architecture, metadata, ...rest } = cfg;
  const published = architecture === 'batchtopk' || architecture === 'matryoshka' ? 'jumprelu' : architecture;
  if (published === 'jumprelu') delete rest.k;
  const file = { architecture: published, ...rest, reshape_activations: 'none', metadata };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function parseFile(text: string, source: string): ConfigFile {
  if (text.length > MAX_CONFIG_BYTES) {
    throw new FacetError(
      'invalid',
      `${source}: cfg.json has ${text.length} bytes; the limit is ${MAX_CONFIG_BYTES}`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FacetError('invalid', `${source}: cfg.json is not JSON; export the SAE again`, { cause });
  }
  const parsed = fileSchema.safeParse(renameMatryoshka(json));
  if (parsed.success) return parsed.data;
  throw new FacetError(
    'invalid',
    `${source}: cfg.json is not a SAELens configuration: ${z.prettifyError(parsed.error)}`,
  );
}

function renameMatryoshka(json: unknown): unknown {
  const isMatryoshka =
    typeof json === 'object' &&
    json !== null &&
    'architecture' in json &&
    json.architecture === 'matryoshka_batchtopk';
  return isMatryoshka ? { ...json, architecture: 'matryoshka' } : json;
}

function refuseUnsupported(file: ConfigFile, source: string): void {
  if (!/^(torch\.)?(float32|float16|bfloat16)$/.test(file.dtype)) {
    throw new FacetError(
      'invalid',
      `${source}: dtype ${file.dtype} is not supported; use float32, float16 or bfloat16`,
    );
  }
  if ((file.reshape_activations ?? 'none') !== 'none') {
    const value = file.reshape_activations;
    throw new FacetError(
      'unimplemented',
      `${source}: reshape_activations ${value} is not supported; only none is`,
    );
  }
  if (file.finetuning_scaling_factor) {
    throw new FacetError(
      'unimplemented',
      `${source}: finetuning_scaling_factor is not supported; fold it into W_dec`,
    );
  }
  const activation = file.activation_fn_str ?? file.activation_fn ?? 'relu';
  if (activation !== 'relu' && activation !== 'topk') {
    throw new FacetError(
      'unimplemented',
      `${source}: activation ${activation} is not supported; relu and topk are`,
    );
  }
}

function isFlatTopk(file: ConfigFile): boolean {
  return file.architecture === 'standard' && (file.activation_fn_str ?? file.activation_fn) === 'topk';
}

function flatMetadata(file: ConfigFile): SaeMetadata {
  const metadata: SaeMetadata = {};
  for (const key of FLAT_METADATA_KEYS) if (file[key] !== undefined) metadata[key] = file[key];
  if (typeof file.hook_point === 'string') metadata.hook_name ??= file.hook_point;
  return metadata;
}
