import { bytesOf } from '@facet/tensor';
import type { TakePlace } from '../copies/places.ts';
import type { Linear, QuantizedMatrix, QuantizedPart, Weight } from '../model-weights.ts';
import {
  packHalves,
  type Quantization,
  type QuantizedRows,
  quantizeRows,
  splitBytes,
} from './quantize-rows.ts';

/** Tensors of one quantized matrix, as bytes, by the names of their places. */
export type MatrixTensors = ReadonlyMap<string, Uint8Array>;

/**
 * Gives a matrix its places. Four bits are one operand. Eight bits are one for whole contexts; for single tokens ONNX Runtime
 * has a fast product in F32 of four bits only, so they are also two matrices of halves, which are added up.
 */
export function placeMatrix(
  { weight, isTransposed }: Linear,
  { bits, blockSize }: Quantization,
  take: TakePlace,
): QuantizedMatrix {
  const [height, width] = (isTransposed ? weight.shape.toReversed() : weight.shape) as [number, number];
  const blocks = Math.ceil(width / blockSize);
  const operand = (form: string, formBits: 4 | 8, scales?: Weight): QuantizedPart => ({
    bits: formBits,
    values: take(`${weight.name}.${form}.values`, 'U8', [height, blocks, (blockSize * formBits) / 8]),
    scales: scales ?? take(`${weight.name}.${form}.scales`, 'F32', [height, blocks]),
    zeros: take(`${weight.name}.${form}.zeros`, 'U8', [height, Math.ceil((blocks * formBits) / 8)]),
  });
  const whole = operand(`int${bits}`, bits);
  const cache = bits === 4 ? [whole] : [operand('upper', 4), operand('lower', 4, whole.scales)];
  return { height, width, blockSize, context: [whole], cache };
}

/** Quantizes the matrix w [height, width] into the tensors that `placeMatrix` has places for. */
export function quantizeMatrix(
  w: Float32Array,
  { weight: { name } }: Linear,
  { width }: QuantizedMatrix,
  quantization: Quantization,
): MatrixTensors {
  const { bits, blockSize } = quantization;
  const blocks = Math.ceil(width / blockSize);
  const tensors = new Map<string, Uint8Array>();
  const add = (form: string, { values, scales, zeros }: QuantizedRows, formBits: 4 | 8) => {
    const pack = (numbers: Uint8Array, row: number) => (formBits === 4 ? packHalves(numbers, row) : numbers);
    tensors.set(`${name}.${form}.values`, pack(values, blockSize));
    tensors.set(`${name}.${form}.scales`, bytesOf(scales));
    tensors.set(`${name}.${form}.zeros`, pack(zeros, blocks));
  };
  const rows = quantizeRows(w, width, quantization);
  add(`int${bits}`, rows, bits);
  if (bits === 4) return tensors;
  const { upper, lower } = splitBytes(rows);
  add('upper', upper, 4);
  add('lower', lower, 4);
  return tensors;
}
