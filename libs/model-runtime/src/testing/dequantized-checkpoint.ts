import { cp, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { decodeFloats, parseSafetensors, serializeSafetensors, type TensorData } from '@facet/tensor';
import {
  type Linear,
  loadModelDirectory,
  type ModelWeights,
  mapQuantizedWeights,
  type Quantization,
  type Weight,
} from '@facet/transformer';

const FLOATS: readonly string[] = ['F32', 'F16', 'BF16'];

interface DequantizeOptions {
  folder: string;
  quantization: Quantization;
}

/**
 * Copies a checkpoint with its matrices as the blocks of their quantized form say, w = scale · (q − zero), read from the file that
 * sessions map and computed here from the operator's definition. Returns its directory, a single F32 file.
 */
export async function writeDequantized(
  directory: string,
  { folder, quantization }: DequantizeOptions,
): Promise<string> {
  const model = await loadModelDirectory(directory);
  const mapped = await mapQuantizedWeights(model, quantization, { folder: join(folder, 'copies') });
  const file = new Uint8Array(await readFile(mapped.copy!.path));
  const tensors = await readStored(directory);
  for (const linear of matricesOf(mapped.weights)) {
    const values = dequantize(linear, 'context', file);
    const again = dequantize(linear, 'cache', file);
    if (values.some((value, i) => value !== again[i])) throw new Error(`${linear.weight.name} has two forms`);
    put(tensors, linear, values);
  }
  await mapped.release();
  const target = join(folder, `${basename(directory)}-${quantization.bits}-${quantization.blockSize}`);
  await cp(directory, target, {
    recursive: true,
    filter: (path) => !/\.safetensors(\.index\.json)?$/.test(path),
  });
  await writeFile(join(target, 'model.safetensors'), Buffer.concat(serializeSafetensors(tensors)));
  return target;
}

function matricesOf({ blocks }: ModelWeights): Linear[] {
  return blocks.flatMap(({ attention: { qkv, out }, mlp }) => [
    ...('q' in qkv ? [qkv.q, qkv.k, qkv.v] : [qkv.fused]),
    out,
    mlp.up,
    mlp.down,
    ...(mlp.gate === undefined ? [] : [mlp.gate]),
  ]);
}

/** [height, width], the sum over the parts of a form. */
function dequantize({ quantized }: Linear, form: 'context' | 'cache', file: Uint8Array): Float32Array {
  const { height, width, blockSize } = quantized!;
  const blocks = Math.ceil(width / blockSize);
  const w = new Float64Array(height * width);
  const bytesOf = ({ byteOffset, byteLength }: Weight) => file.slice(byteOffset, byteOffset + byteLength);
  for (const { bits, values, scales, zeros } of quantized![form]) {
    const [q, z, s] = [bytesOf(values), bytesOf(zeros), new Float32Array(bytesOf(scales).buffer)];
    const numberAt = (bytes: Uint8Array, row: number, perRow: number, i: number) =>
      bits === 8
        ? bytes[row * perRow + i]!
        : (bytes[row * Math.ceil(perRow / 2) + (i >> 1)]! >> (4 * (i & 1))) & 15;
    for (let row = 0; row < height; row++)
      for (let i = 0; i < width; i++) {
        const block = Math.floor(i / blockSize);
        const number = numberAt(q, row * blocks + block, blockSize, i % blockSize);
        w[row * width + i]! += s[row * blocks + block]! * (number - numberAt(z, row, blocks, block));
      }
  }
  return Float32Array.from(w);
}

/** Puts a matrix where the checkpoint stores it: whole, turned, or as rows of a larger one. */
function put(tensors: Record<string, TensorData>, { weight, isTransposed }: Linear, w: Float32Array): void {
  const [, name, from = '0'] = /^(.*?)(?:\[(\d+):\d+\])?$/.exec(weight.name)!;
  const { shape, data } = tensors[name!]!;
  const whole = data as Float32Array;
  const width = shape[1]!;
  const height = isTransposed ? shape[0]! : 0;
  if (!isTransposed) whole.set(w, Number(from) * width);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) whole[row * width + column] = w[column * height + row]!;
}

async function readStored(directory: string): Promise<Record<string, TensorData>> {
  const { weightFolder, weights } = await loadModelDirectory(directory);
  const names = new Set<string>();
  JSON.stringify(weights, (key, value) => {
    if (key === 'file') names.add(value);
    return value;
  });
  const tensors: Record<string, TensorData> = {};
  for (const name of names) {
    const path = join(weightFolder, name);
    const view = parseSafetensors(new Uint8Array(await readFile(path)), path);
    for (const { name: tensor, dtype, shape } of view.header.entries.values()) {
      const raw = view.raw(tensor);
      tensors[tensor] = FLOATS.includes(dtype)
        ? { dtype: 'F32', shape, data: decodeFloats(raw, dtype, tensor).slice() }
        : { dtype, shape, data: raw };
    }
  }
  return tensors;
}
