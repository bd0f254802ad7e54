import { FacetError, quote } from '@facet/errors';
import { serializeSafetensors } from '@facet/tensor';
import { z } from 'zod';
import { refuseUnknownOptions, requireAgreement } from '../config-checks.ts';
import { type SpelledHook, tellHook } from '../hook-names.ts';
import { MAX_CONFIG_BYTES, parseJsonConfig } from '../json-config.ts';
import { metadataSchema } from '../metadata-schema.ts';
import type { Sae, SaeMetadata } from '../sae.ts';
import { openSafetensorsFile } from '../tensor-file.ts';
import { readJumprelu, toJumprelu } from './jumprelu-parts.ts';
import {
  FACET_METADATA_KEY,
  jsonFile,
  keptMetadata,
  MAX_WEIGHTS_BYTES,
  type ReadOptions,
  type ReadSae,
  type SaeCodec,
  type SaeFiles,
  type WrittenSae,
} from './sae-format.ts';

const CONFIG_FILE = 'config.json';
const WEIGHTS_FILE = 'params.safetensors';
const NAMES = { W_enc: 'w_enc', b_enc: 'b_enc', W_dec: 'w_dec', b_dec: 'b_dec', threshold: 'threshold' };

/** Gemma Scope 2: `config.json` and `params.safetensors` with the five tensors of a jumprelu SAE in lower case. */
export const gemmaScope2: SaeCodec = { weightsFile: WEIGHTS_FILE, read, write };

const configSchema = z.looseObject({
  architecture: z.string(),
  type: z.string().optional(),
  model_name: z.string().optional(),
  hf_hook_point_in: z.string().optional(),
  hf_hook_point_out: z.string().optional(),
  width: z.number().optional(),
  affine_connection: z.boolean().nullish(),
  [FACET_METADATA_KEY]: metadataSchema.optional(),
});
type Config = z.infer<typeof configSchema>;

async function read(files: SaeFiles, { modelType }: ReadOptions): Promise<ReadSae> {
  const { source } = files;
  const text = Buffer.from(await files.read(CONFIG_FILE, MAX_CONFIG_BYTES)).toString('utf8');
  const config = parseJsonConfig(text, configSchema, { source, file: CONFIG_FILE, format: 'Gemma Scope 2' });
  refuseUnsupported(config, source);
  const spelled = gemmaScope2Hook(config, source, modelType);
  const { hookPoint: hook, ...told } = tellHook(spelled, spelled?.spelling ?? '');
  requireHook(config, hook, source);
  const metadata: SaeMetadata = {
    ...(config.model_name && { model_name: config.model_name }),
    ...(hook && { hook_name: hook }),
    ...config[FACET_METADATA_KEY],
  };
  const bytes = await files.read(files.weights ?? WEIGHTS_FILE, MAX_WEIGHTS_BYTES);
  const file = openSafetensorsFile(bytes, source);
  const { sae, model } = readJumprelu(file, NAMES, { metadata, what: 'a Gemma Scope 2 SAE' });
  if (config.width !== undefined && config.width !== sae.cfg.d_sae) {
    const message = `${source}: config.json has width ${config.width}, but w_enc has ${sae.cfg.d_sae} features`;
    throw new FacetError('invalid', `${message}; is the configuration its own?`);
  }
  return { ...told, sae, model };
}

function write(sae: Sae): WrittenSae {
  const { sae: whole, conversions } = toJumprelu(sae, 'gemma-scope-2');
  const { d_in, d_sae, metadata } = whole.cfg;
  const weights = serializeSafetensors({
    b_dec: { dtype: 'F32', shape: [d_in], data: whole.b_dec },
    b_enc: { dtype: 'F32', shape: [d_sae], data: whole.b_enc },
    threshold: { dtype: 'F32', shape: [d_sae], data: whole.threshold! },
    w_dec: { dtype: 'F32', shape: [d_sae, d_in], data: whole.W_dec },
    w_enc: { dtype: 'F32', shape: [d_in, d_sae], data: whole.W_enc },
  });
  const module = metadata.hook_name === undefined ? undefined : moduleOf(metadata.hook_name);
  const config = {
    architecture: 'jump_relu',
    type: 'sae',
    width: d_sae,
    ...(metadata.model_name && { model_name: metadata.model_name }),
    ...(module && { hf_hook_point_in: module, hf_hook_point_out: module }),
    affine_connection: false,
    [FACET_METADATA_KEY]: keptMetadata(metadata),
  };
  return { files: { [CONFIG_FILE]: jsonFile(config), [WEIGHTS_FILE]: weights }, conversions };
}

function refuseUnsupported(config: Config, source: string): void {
  const refuse = (what: string, remedy: string) => {
    throw new FacetError('unimplemented', `${source}: config.json has ${what}; ${remedy}`);
  };
  if (config.architecture !== 'jump_relu') {
    refuse(`architecture ${quote(config.architecture)}`, 'only jump_relu is supported');
  }
  if (config.type !== undefined && config.type !== 'sae') {
    refuse(`type ${quote(config.type)}`, 'only SAEs of one hook point are supported');
  }
  if (config.affine_connection) refuse('affine_connection true', 'an SAE decodes from its features alone');
  const { hf_hook_point_in: input, hf_hook_point_out: output } = config;
  if (input !== undefined && output !== undefined && input !== output) {
    refuse(`hf_hook_point_out ${quote(output)}`, 'a transcoder is not an SAE of one hook point');
  }
  refuseUnknownOptions(config, KNOWN_KEYS, `${source}: ${CONFIG_FILE}`);
}

/** Keys of Gemma Scope 2's own configurations. */
const KNOWN_KEYS = new Set([
  ...['architecture', 'type', 'model_name', 'hf_hook_point_in', 'hf_hook_point_out', 'width', 'l0'],
  ...['affine_connection', FACET_METADATA_KEY],
]);

/** The folder of a release says the layer too: `resid_post/layer_9_width_16k_l0_medium`. */
function requireHook(config: Config, hook: string | undefined, source: string): void {
  const { hf_hook_point_in: module, model_name, [FACET_METADATA_KEY]: kept } = config;
  const layer = /(?:^|\.)layers\.(\d{1,4})\./.exec(module ?? '')?.[1];
  const folder = /(?:^|\/)layer_(\d{1,4})_width_/.exec(source)?.[1];
  const inConfig = { name: `the layer of hf_hook_point_in ${module}`, value: layer && Number(layer) };
  requireAgreement(source, inConfig, { name: 'the layer in its path', value: folder && Number(folder) });
  const meta = FACET_METADATA_KEY;
  requireAgreement(
    source,
    { name: 'hf_hook_point_in', value: hook },
    { name: `${meta}.hook_name`, value: kept?.hook_name },
  );
  requireAgreement(
    source,
    { name: 'model_name', value: model_name },
    { name: `${meta}.model_name`, value: kept?.model_name },
  );
}

/** The folders of a release and the modules of Gemma 3 that they read. */
const FOLDERS: Readonly<Record<string, string>> = {
  resid_post: 'output',
  attn_out: 'self_attn.o_proj.input',
  mlp_out: 'post_feedforward_layernorm.output',
};

/** Finds the module that the configuration names, or the path: `resid_post_all/layer_9_width_16k_l0_medium`. */
export function gemmaScope2Hook(
  { hf_hook_point_in: module }: Pick<Config, 'hf_hook_point_in'>,
  source: string,
  modelType = 'gemma3',
): SpelledHook | undefined {
  if (module !== undefined) return { spelling: module, model: modelType };
  const [, folder, layer] =
    /(?:^|\/)(resid_post|attn_out|mlp_out)(?:_all)?\/layer_(\d{1,4})_width_/.exec(source) ?? [];
  if (folder === undefined) return undefined;
  return { spelling: `model.layers.${Number(layer)}.${FOLDERS[folder]}`, model: modelType };
}

/** Modules of Gemma 3 that are written, by kind of hook point. */
const MODULES: Readonly<Record<string, string>> = {
  hook_resid_post: 'output',
  'attn.hook_z': 'self_attn.o_proj.input',
  hook_attn_out: 'post_attention_layernorm.output',
  hook_mlp_out: 'post_feedforward_layernorm.output',
};

function moduleOf(hookPoint: string): string | undefined {
  const [, layer, kind] = /^blocks\.(\d+)\.([\w.]+)$/.exec(hookPoint) ?? [];
  const module = kind !== undefined && Object.hasOwn(MODULES, kind) ? MODULES[kind] : undefined;
  return module && `model.layers.${Number(layer)}.${module}`;
}
