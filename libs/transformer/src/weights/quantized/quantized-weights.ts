import { createHash } from 'node:crypto';
import { elementCount } from '@facet/tensor';
import { dataFile } from '../copies/copy-files.ts';
import { createPlaces, type TakePlace } from '../copies/places.ts';
import { type CopyOptions, openCopy } from '../copies/weight-copies.ts';
import { type CopyPart, floatPart, readFloats } from '../copies/write-copy.ts';
import type { MappedModel } from '../mapped-weights.ts';
import type { ModelDirectory } from '../model-directory.ts';
import type { BlockWeights, Linear, ModelWeights, QuantizedMatrix, Weight } from '../model-weights.ts';
import { leavesOf, replaceLeaves } from '../weight-leaves.ts';
import type { Quantization } from './quantize-rows.ts';
import { placeMatrix, quantizeMatrix } from './quantized-layout.ts';

/** Grows when another number comes of the same weight, or the layout changes. */
const ALGORITHM = 1;

/** Identifies quantized weights: what holds for the stored ones need not hold for them. */
export function quantizedSha256(modelSha256: string, { bits, blockSize }: Quantization): string {
  return sha256(['quantized', ALGORITHM, modelSha256, bits, blockSize]);
}

/** Bytes that a program which decodes packs of its own: the numbers of the matrices, in their form for a cache. */
export function packedBytesOf({ blocks }: Pick<ModelWeights, 'blocks'>): number {
  let bytes = 0;
  replaceMatrices(blocks, (linear) => {
    for (const { values } of linear.quantized?.cache ?? []) bytes += values.byteLength;
    return linear;
  });
  return bytes;
}

/**
 * Lays the weights out for sessions to map, as `mapWeights` does: the matrices of the blocks in whole numbers, all else
 * (embeddings, norms, biases, the head) as F32.
 */
export async function mapQuantizedWeights(
  model: ModelDirectory,
  quantization: Quantization,
  options: CopyOptions,
): Promise<MappedModel> {
  const { spec, weightFolder, modelSha256 } = model;
  const stored = leavesOf(model.weights);
  const key = sha256([
    quantizedSha256(modelSha256, quantization),
    stored.map(({ name, shape }) => [name, shape]),
  ]);
  const { take, bytes } = createPlaces(dataFile(key));
  const parts: CopyPart[] = [];
  const matrices = new Map<string, QuantizedMatrix>();
  replaceMatrices(model.weights.blocks, (linear) => {
    const { matrix, part } = planMatrix(weightFolder, linear, { quantization, take });
    matrices.set(linear.weight.name, matrix);
    parts.push(part);
    return linear;
  });
  const places = new Map<string, Weight>();
  for (const weight of stored) {
    if (matrices.has(weight.name)) continue;
    const place = take(weight.name, 'F32', weight.shape);
    places.set(weight.name, place);
    parts.push(floatPart(weightFolder, weight, place.byteOffset));
  }
  const files = [...new Set(stored.map(({ file }) => file))];
  const copy = { key, weightFolder, files, parts, bytes: bytes() };
  const { path, warnings, release } = await openCopy(copy, options);
  const weights = replaceLeaves(model.weights, (weight) => places.get(weight.name) ?? weight);
  const blocks = replaceMatrices(weights.blocks, (linear) => ({
    ...linear,
    quantized: matrices.get(linear.weight.name)!,
  }));
  return {
    spec,
    weights: { ...weights, blocks },
    weightFolder: options.folder,
    copy: { path, bytes: bytes() },
    warnings,
    release,
  };
}

interface MatrixOptions {
  quantization: Quantization;
  take: TakePlace;
}

/** Places one matrix, and says how its bytes are made: it is read and quantized whole. */
function planMatrix(
  weightFolder: string,
  linear: Linear,
  { quantization, take }: MatrixOptions,
): { matrix: QuantizedMatrix; part: CopyPart } {
  const places: Weight[] = [];
  const matrix = placeMatrix(linear, quantization, (...place) => {
    places.push(take(...place));
    return places.at(-1)!;
  });
  const { byteOffset } = places[0]!;
  const part: CopyPart = {
    byteOffset,
    async *contents(signal) {
      const w = await readMatrix(weightFolder, linear, signal);
      const tensors = quantizeMatrix(w, linear, matrix, quantization);
      let at = byteOffset;
      for (const place of places) {
        yield new Uint8Array(place.byteOffset - at);
        yield tensors.get(place.name)!;
        at = place.byteOffset + place.byteLength;
      }
    },
  };
  return { matrix, part };
}

/** Reads a matrix as [out, in]. */
async function readMatrix(
  weightFolder: string,
  { weight, isTransposed }: Linear,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const w = new Float32Array(elementCount(weight.shape));
  let at = 0;
  for await (const values of readFloats(weightFolder, weight, signal)) {
    w.set(values, at);
    at += values.length;
  }
  return isTransposed ? transpose(w, weight.shape as [number, number]) : w;
}

function transpose(w: Float32Array, [height, width]: [number, number]): Float32Array {
  const turned = new Float32Array(w.length);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) turned[column * height + row] = w[row * width + column]!;
  return turned;
}

/** The same blocks with every matrix replaced, in the order of computation. */
function replaceMatrices(
  blocks: readonly BlockWeights[],
  replace: (linear: Linear) => Linear,
): BlockWeights[] {
  return blocks.map(({ norms, attention, mlp }) => ({
    norms,
    attention: {
      ...attention,
      qkv:
        'q' in attention.qkv
          ? { q: replace(attention.qkv.q), k: replace(attention.qkv.k), v: replace(attention.qkv.v) }
          : { ...attention.qkv, fused: replace(attention.qkv.fused) },
      out: replace(attention.out),
    },
    mlp: {
      up: replace(mlp.up),
      down: replace(mlp.down),
      ...(mlp.gate === undefined ? {} : { gate: replace(mlp.gate) }),
    },
  }));
}

function sha256(facts: unknown): string {
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}
