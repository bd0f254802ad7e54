import { FacetError, quote } from '@facet/errors';
import { serializeSafetensors } from '@facet/tensor';
import { z } from 'zod';
import { refuseUnknownOptions, requireAgreement } from '../config-checks.ts';
import { foldDecoderNorms, transpose, withInputBias } from '../convert.ts';
import { type SpelledHook, tellHook } from '../hook-names.ts';
import { MAX_CONFIG_BYTES, parseJsonConfig } from '../json-config.ts';
import { metadataSchema } from '../metadata-schema.ts';
import { checkConfig, checkSae, type Sae, type SaeConfig } from '../sae.ts';
import { affine, largest, minus, type SourceModel } from '../source-model.ts';
import { openSafetensorsFile, takeTensors } from '../tensor-file.ts';
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
import { requireArchitecture } from './writable.ts';

const CONFIG_FILE = 'cfg.json';
const WEIGHTS_FILE = 'sae.safetensors';

/** EleutherAI's sparsify: `cfg.json` and `sae.safetensors`, topk with its encoder stored as torch's Linear. */
export const sparsify: SaeCodec = { weightsFile: WEIGHTS_FILE, read, write };

const configSchema = z.looseObject({
  d_in: z.number(),
  k: z.number().default(32),
  num_latents: z.number().default(0),
  expansion_factor: z.number().default(32),
  activation: z.string().default('topk'),
  transcode: z.boolean().default(false),
  skip_connection: z.boolean().default(false),
  embed_skip: z.boolean().default(false),
  gram_lookup: z.boolean().default(false),
  signed: z.boolean().default(false),
  [FACET_METADATA_KEY]: metadataSchema.optional(),
});
type Config = z.infer<typeof configSchema>;

async function read(files: SaeFiles, { modelType }: ReadOptions): Promise<ReadSae> {
  const { source } = files;
  const text = Buffer.from(await files.read(CONFIG_FILE, MAX_CONFIG_BYTES)).toString('utf8');
  const config = parseJsonConfig(text, configSchema, { source, file: CONFIG_FILE, format: 'sparsify' });
  refuseUnsupported(config, source);
  const { hook_name: kept, model_name } = config[FACET_METADATA_KEY] ?? {};
  const spelled = spelledHook(source, files.weights, modelType ?? model_name);
  const {
    hookPoint: hook,
    conversions: hookConversions,
    hookProblem,
  } = tellHook(spelled, 'read from the path');
  requireAgreement(
    source,
    { name: 'the hook point in its path', value: hook },
    { name: `${FACET_METADATA_KEY}.hook_name`, value: kept },
  );
  const cfg: SaeConfig = {
    architecture: 'topk',
    d_in: config.d_in,
    d_sae: config.num_latents || config.d_in * config.expansion_factor,
    dtype: 'float32',
    apply_b_dec_to_input: true,
    normalize_activations: 'none',
    k: config.k,
    rescale_acts_by_decoder_norm: false,
    metadata: { ...(hook && { hook_name: hook }), ...config[FACET_METADATA_KEY] },
  };
  checkConfig(cfg, source);
  const { d_in, d_sae } = cfg;
  const bytes = await files.read(files.weights ?? WEIGHTS_FILE, MAX_WEIGHTS_BYTES);
  const shapes = {
    'encoder.weight': [d_sae, d_in],
    'encoder.bias': [d_sae],
    W_dec: [d_sae, d_in],
    b_dec: [d_in],
  } as const;
  const tensors = takeTensors(openSafetensorsFile(bytes, source), shapes, { what: 'a sparsify SAE' });
  const sae: Sae = {
    cfg,
    W_enc: transpose(tensors['encoder.weight'], d_sae, d_in),
    b_enc: tensors['encoder.bias'],
    W_dec: tensors.W_dec,
    b_dec: tensors.b_dec,
  };
  checkSae(sae, source);
  const conversions = ['W_enc is encoder.weight transposed', ...hookConversions];
  return { sae, model: sparsifyModel(tensors, cfg), conversions, hookProblem };
}

/** f = topk(ReLU((x − b_dec) encoder.weightᵀ + encoder.bias)); x̂ = f W_dec + b_dec (sparsify/fused_encoder.py). */
function sparsifyModel(
  tensors: Record<'encoder.weight' | 'encoder.bias' | 'W_dec' | 'b_dec', Float32Array>,
  { d_in, d_sae, k }: SaeConfig,
): SourceModel {
  const encoder = {
    values: tensors['encoder.weight'],
    inputs: d_in,
    outputs: d_sae,
    layout: 'output-input',
  } as const;
  const decoder = { values: tensors.W_dec, inputs: d_sae, outputs: d_in, layout: 'input-output' } as const;
  return {
    encode: (x) => largest(affine(encoder, minus(x, tensors.b_dec), tensors['encoder.bias']), k!),
    decode: (f) => affine(decoder, f, tensors.b_dec),
  };
}

function write(sae: Sae): WrittenSae {
  requireArchitecture(sae, 'sparsify', ['topk']);
  const conversions = ['encoder.weight is W_enc transposed'];
  if (sae.cfg.rescale_acts_by_decoder_norm) conversions.push('decoder norms are folded into the encoder');
  if (!sae.cfg.apply_b_dec_to_input)
    conversions.push('encoder.bias has b_dec W_enc added, for sparsify subtracts b_dec');
  const whole = withInputBias(sae.cfg.rescale_acts_by_decoder_norm ? foldDecoderNorms(sae) : sae, true);
  const { d_in, d_sae, k } = whole.cfg;
  const weights = serializeSafetensors({
    W_dec: { dtype: 'F32', shape: [d_sae, d_in], data: whole.W_dec },
    b_dec: { dtype: 'F32', shape: [d_in], data: whole.b_dec },
    'encoder.bias': { dtype: 'F32', shape: [d_sae], data: whole.b_enc },
    'encoder.weight': { dtype: 'F32', shape: [d_sae, d_in], data: transpose(whole.W_enc, d_in, d_sae) },
  });
  const config = {
    activation: 'topk',
    expansion_factor: Number.isInteger(d_sae / d_in) ? d_sae / d_in : 32,
    normalize_decoder: true,
    num_latents: d_sae,
    k,
    multi_topk: false,
    skip_connection: false,
    transcode: false,
    d_in,
    [FACET_METADATA_KEY]: keptMetadata(sae.cfg.metadata),
  };
  return { files: { [CONFIG_FILE]: jsonFile(config), [WEIGHTS_FILE]: weights }, conversions };
}

/** Every key of sparsify's own configurations; those of its forks change what an SAE computes. */
const KNOWN_KEYS = new Set([
  ...[
    'd_in',
    'k',
    'num_latents',
    'expansion_factor',
    'activation',
    'transcode',
    'skip_connection',
    'embed_skip',
  ],
  ...['gram_lookup', 'signed', 'normalize_decoder', 'multi_topk', 'lookup_max_order', 'gram_table_hash'],
  FACET_METADATA_KEY,
]);

function refuseUnsupported(config: Config, source: string): void {
  const refuse = (what: string, remedy: string) => {
    throw new FacetError('unimplemented', `${source}: cfg.json has ${what}; ${remedy}`);
  };
  if (config.transcode) refuse('transcode true', 'transcoders are not SAEs of one hook point');
  if (config.activation !== 'topk') {
    refuse(`activation ${quote(config.activation)}`, 'only topk is supported');
  }
  if (config.signed) refuse('signed true', 'only topk of positive values is supported');
  for (const name of ['skip_connection', 'embed_skip', 'gram_lookup'] as const) {
    if (config[name]) refuse(`${name} true`, 'an SAE decodes from its features alone: train it without');
  }
  refuseUnknownOptions(config, KNOWN_KEYS, `${source}: ${CONFIG_FILE}`);
}

/** sparsify names a folder after the module it reads: `layers.5` is the residual stream after layer 5. */
const MODULE_PATTERN = /(?:^|[/.])((?:layers|h)\.\d{1,4}(?:\.[\w.]+)?)$/;

function spelledHook(
  source: string,
  weights: string | undefined,
  model: string | undefined,
): SpelledHook | undefined {
  const folder = weights === undefined ? source : source.slice(0, -weights.length - 1);
  const spelling = MODULE_PATTERN.exec(folder.replace(/\/+$/, ''))?.[1];
  return spelling === undefined ? undefined : { spelling, model };
}
