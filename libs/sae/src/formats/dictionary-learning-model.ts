import {
  affine,
  largest,
  minus,
  type SourceActivations,
  type SourceModel,
  thresholded,
} from '../source-model.ts';
import type { DictClass } from './dictionary-learning-config.ts';
import { gated } from './saelens-model.ts';

/** The tensors of a dictionary under its own names; which of them are there depends on its class. */
export type DictionaryTensors = Readonly<Record<string, Float32Array>>;

/** What the equations need besides the tensors. */
export interface DictionarySizes {
  d_in: number;
  d_sae: number;
  k?: number | undefined;
  /** One threshold for all features, of BatchTopKSAE and MatryoshkaBatchTopKSAE. */
  threshold?: number | undefined;
}

/**
 * dictionary_learning's equations (dictionary.py, trainers/*.py) on its tensors as stored. GatedAutoEncoder and
 * JumpReluAutoEncoder multiply f by the norms of the directions, and divide by them before decoding.
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
    const theta = new Float64Array(d_sae).fill(threshold!);
    return {
      encode: (x) => thresholded(affine(encoder, minus(x, t.b_dec), t.b_enc), theta),
      decode: (f) => affine(decoder, f, t.b_dec),
    };
  }
  const norms = Float64Array.from({ length: d_sae }, (_, i) =>
    norm(t.W_dec, { start: i * d_in, step: 1, count: d_in }),
  );
  return scaledBy(norms, {
    encode: (x) => thresholded(affine(encoder, x, t.b_enc), t.threshold),
    decode: (f) => affine(decoder, f, t.b_dec),
  });
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
    const theta = new Float64Array(d_sae).fill(threshold!);
    return { encode: (x) => thresholded(centered(x), theta), decode };
  }
  const biases = { b_gate: t.gate_bias, b_mag: t.mag_bias, r_mag: t.r_mag };
  const norms = Float64Array.from({ length: d_sae }, (_, i) =>
    norm(t['decoder.weight'], { start: i, step: d_sae, count: d_in }),
  );
  return scaledBy(norms, { encode: (x) => gated(biases, affine(encoder, minus(x, b_dec))), decode });
}

function scaledBy(norms: Float64Array, { encode, decode }: SourceModel): SourceModel {
  return {
    encode(x): SourceActivations {
      const { f, margin } = encode(x);
      return { f: f.map((value, i) => value * norms[i]), margin: margin.map((value, i) => value * norms[i]) };
    },
    decode: (f) => decode(f.map((value, i) => value / (norms[i] || 1))),
  };
}

function norm(
  values: Float32Array,
  { start, step, count }: { start: number; step: number; count: number },
): number {
  let sum = 0;
  for (let j = 0; j < count; j++) sum += values[start + j * step] ** 2;
  return Math.sqrt(sum);
}
