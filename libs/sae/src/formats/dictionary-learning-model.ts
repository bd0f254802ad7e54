import { affine, largest, minus, type SourceModel, thresholded } from '../source-model.ts';
import type { DictClass } from './dictionary-learning-config.ts';
import { gated } from './saelens-model.ts';

/** The tensors of a dictionary under its own names; which of them are there depends on its class. */
export type DictionaryTensors = Readonly<Record<string, Float32Array>>;

/** What the equations need besides the tensors. */
export interface DictionarySizes {
  d_in: number;
  d_sae: number;
  k?: number | undefined;
  /** One threshold for all features, of BatchTopKSAE and MatryoshkaBatchTopKSAE; where it was never set, every positive one fires. */
  threshold?: number | undefined;
}

/**
 * dictionary_learning's equations (`encode` and `decode` of dictionary.py, trainers/*.py) on its tensors as stored. No class
 * multiplies f by the norms of the directions: Gated and JumpReLU did until January 2025, before the library's first release.
 */
export function dictionaryModel(
  dictClass: DictClass,
  t: DictionaryTensors,
  sizes: DictionarySizes,
): SourceModel {
  return isMatrixClass(dictClass) ? matrixModel(dictClass, t, sizes) : linearModel(dictClass, t, sizes);
}

/** Whether a class keeps W_enc and W_dec instead of torch's Linear modules. */
export function isMatrixClass(dictClass: DictClass): boolean {
  return dictClass === 'JumpReluAutoEncoder' || dictClass === 'MatryoshkaBatchTopKSAE';
}

/** W_enc [d, F], W_dec [F, d]. */
function matrixModel(
  dictClass: DictClass,
  t: DictionaryTensors,
  { d_in, d_sae, threshold }: DictionarySizes,
): SourceModel {
  const encoder = { values: t.W_enc, inputs: d_in, outputs: d_sae, layout: 'input-output' } as const;
  const decoder = { values: t.W_dec, inputs: d_sae, outputs: d_in, layout: 'input-output' } as const;
  if (dictClass === 'MatryoshkaBatchTopKSAE') {
    const theta = new Float64Array(d_sae).fill(threshold ?? 0);
    return {
      encode: (x) => thresholded(affine(encoder, minus(x, t.b_dec), t.b_enc), theta),
      decode: (f) => affine(decoder, f, t.b_dec),
    };
  }
  return {
    encode: (x) => thresholded(affine(encoder, x, t.b_enc), t.threshold),
    decode: (f) => affine(decoder, f, t.b_dec),
  };
}

/** encoder.weight [F, d], decoder.weight [d, F]. */
function linearModel(dictClass: DictClass, t: DictionaryTensors, sizes: DictionarySizes): SourceModel {
  const { d_in, d_sae, k, threshold } = sizes;
  const encoder = {
    values: t['encoder.weight'],
    inputs: d_in,
    outputs: d_sae,
    layout: 'output-input',
  } as const;
  const decoder = {
    values: t['decoder.weight'],
    inputs: d_sae,
    outputs: d_in,
    layout: 'output-input',
  } as const;
  const b_dec = t.b_dec ?? t.bias ?? t.decoder_bias ?? t['decoder.bias'];
  const decode = (f: Float64Array) => affine(decoder, f, b_dec);
  const centered = (x: Float64Array) => affine(encoder, minus(x, b_dec), t['encoder.bias']);
  if (dictClass === 'AutoEncoderNew')
    return { encode: (x) => thresholded(affine(encoder, x, t['encoder.bias'])), decode };
  if (dictClass === 'AutoEncoder') return { encode: (x) => thresholded(centered(x)), decode };
  if (dictClass === 'AutoEncoderTopK') return { encode: (x) => largest(centered(x), k!), decode };
  if (dictClass === 'BatchTopKSAE') {
    const theta = new Float64Array(d_sae).fill(threshold ?? 0);
    return { encode: (x) => thresholded(centered(x), theta), decode };
  }
  const biases = { b_gate: t.gate_bias, b_mag: t.mag_bias, r_mag: t.r_mag };
  return { encode: (x) => gated(biases, affine(encoder, minus(x, b_dec))), decode };
}
