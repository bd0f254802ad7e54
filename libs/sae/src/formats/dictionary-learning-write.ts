import { asJumprelu, foldDecoderNorms, transpose, withInputBias } from '../convert.ts';
import type { Sae } from '../sae.ts';
import { type TorchTensor, writeTorchFile } from '../torch/torch-write.ts';
import { CONFIG_FILE, type DictClass } from './dictionary-learning-config.ts';
import { FACET_METADATA_KEY, jsonFile, keptMetadata, type WrittenSae } from './sae-format.ts';

/** A dictionary to write: `sae` already follows the class's conventions. */
interface Dictionary {
  dictClass: DictClass;
  sae: Sae;
  conversions: string[];
}

/**
 * Writes `ae.pt` and `config.json`: standard as AutoEncoder or AutoEncoderNew, topk as AutoEncoderTopK, gated as GatedAutoEncoder,
 * the others as JumpReluAutoEncoder. f and x̂ are the same there.
 */
export function writeDictionary(sae: Sae, weightsFile: string): WrittenSae {
  const dictionary = dictionaryOf(sae);
  const { dictClass, conversions } = dictionary;
  const tensors = tensorsOf(dictionary);
  const config = configOf(dictClass, dictionary.sae);
  const files = { [CONFIG_FILE]: jsonFile(config), [weightsFile]: writeTorchFile(tensors) };
  return { files, conversions };
}

function dictionaryOf(sae: Sae): Dictionary {
  const { architecture, apply_b_dec_to_input } = sae.cfg;
  if (architecture === 'standard') {
    return { dictClass: apply_b_dec_to_input ? 'AutoEncoder' : 'AutoEncoderNew', sae, conversions: [] };
  }
  if (architecture === 'topk') return centered(sae, 'AutoEncoderTopK', []);
  if (architecture === 'gated') return centered(sae, 'GatedAutoEncoder', []);
  const conversions: string[] = [];
  if (architecture !== 'jumprelu') {
    conversions.push(`${architecture} is written as JumpReluAutoEncoder with its threshold`);
  }
  if (apply_b_dec_to_input) {
    conversions.push('b_enc has b_dec W_enc subtracted, for this class does not subtract b_dec');
  }
  return { dictClass: 'JumpReluAutoEncoder', sae: withInputBias(asJumprelu(sae), false), conversions };
}

/** For classes that subtract b_dec from their input and rescale nothing. */
function centered(sae: Sae, dictClass: DictClass, conversions: string[]): Dictionary {
  const { apply_b_dec_to_input, rescale_acts_by_decoder_norm } = sae.cfg;
  if (!apply_b_dec_to_input)
    conversions.push('biases have b_dec W_enc added, for this class subtracts b_dec');
  if (rescale_acts_by_decoder_norm) conversions.push('decoder norms are folded into the encoder');
  const whole = rescale_acts_by_decoder_norm ? foldDecoderNorms(sae) : sae;
  return { dictClass, sae: withInputBias(whole, true), conversions };
}

function tensorsOf({ dictClass, sae }: Dictionary): Record<string, TorchTensor> {
  const { d_in, d_sae, k, metadata } = sae.cfg;
  const floats = (data: Float32Array, ...shape: number[]): TorchTensor => ({ dtype: 'F32', shape, data });
  if (dictClass === 'JumpReluAutoEncoder') {
    return {
      W_enc: floats(sae.W_enc, d_in, d_sae),
      b_enc: floats(sae.b_enc, d_sae),
      W_dec: floats(sae.W_dec, d_sae, d_in),
      b_dec: floats(sae.b_dec, d_in),
      threshold: floats(sae.threshold!, d_sae),
    };
  }
  const encoder = { 'encoder.weight': floats(transpose(sae.W_enc, d_in, d_sae), d_sae, d_in) };
  const decoder = { 'decoder.weight': floats(transpose(sae.W_dec, d_sae, d_in), d_in, d_sae) };
  if (dictClass === 'GatedAutoEncoder') {
    return {
      decoder_bias: floats(sae.b_dec, d_in),
      r_mag: floats(sae.r_mag!, d_sae),
      gate_bias: floats(sae.b_gate!, d_sae),
      mag_bias: floats(sae.b_mag!, d_sae),
      ...encoder,
      ...decoder,
    };
  }
  const bias = { 'encoder.bias': floats(sae.b_enc, d_sae) };
  if (dictClass === 'AutoEncoder') return { bias: floats(sae.b_dec, d_in), ...encoder, ...bias, ...decoder };
  if (dictClass === 'AutoEncoderNew') {
    return { ...encoder, ...bias, ...decoder, 'decoder.bias': floats(sae.b_dec, d_in) };
  }
  return {
    b_dec: floats(sae.b_dec, d_in),
    k: { dtype: 'I32', shape: [], data: Int32Array.of(k!) },
    threshold: floats(Float32Array.of(metadata.inference_threshold ?? -1)),
    ...decoder,
    ...encoder,
    ...bias,
  };
}

/** Trainer classes by dictionary class, as the library names them. */
const TRAINERS: Readonly<Partial<Record<DictClass, string>>> = {
  AutoEncoder: 'StandardTrainer',
  AutoEncoderNew: 'StandardTrainerAprilUpdate',
  GatedAutoEncoder: 'GatedSAETrainer',
  AutoEncoderTopK: 'TopKTrainer',
  JumpReluAutoEncoder: 'JumpReluTrainer',
};

const KINDS: Readonly<Record<string, string>> = {
  hook_resid_pre: 'resid_pre',
  hook_resid_mid: 'resid_mid',
  hook_resid_post: 'resid_post',
  hook_mlp_out: 'mlp_out',
  hook_attn_out: 'attn_out',
};

function configOf(dictClass: DictClass, { cfg: { d_in, d_sae, k, metadata } }: Sae) {
  const [, layer, kind] = /^blocks\.(\d+)\.([\w.]+)$/.exec(metadata.hook_name ?? '') ?? [];
  const submodule = kind && KINDS[kind] && `${KINDS[kind]}_layer_${Number(layer)}`;
  const trainer = {
    trainer_class: TRAINERS[dictClass],
    dict_class: dictClass,
    activation_dim: d_in,
    dict_size: d_sae,
    ...(dictClass === 'AutoEncoderTopK' && { k }),
    ...(layer !== undefined && { layer: Number(layer) }),
    ...(metadata.model_name && { lm_name: metadata.model_name }),
    ...(submodule && { submodule_name: submodule }),
  };
  const buffer = metadata.context_size === undefined ? {} : { ctx_len: metadata.context_size };
  return { trainer, buffer, [FACET_METADATA_KEY]: keptMetadata(metadata) };
}
