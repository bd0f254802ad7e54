import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FacetError } from '@facet/errors';
import { decodeFloats, dtypeBytes, elementCount } from '@facet/tensor';
import type { ModelDirectory } from './model-directory.ts';
import { throwIfCancelled } from './model-text.ts';
import type { BlockWeights, Linear, ModelWeights, Norm, Weight } from './model-weights.ts';

/** Tensors begin at multiples of this, which is what processors and maps like. */
const ALIGNMENT = 4096;
/** Elements that are converted at once. */
const PIECE_ELEMENTS = 1 << 21;
/** Grows when the layout changes, so that no older file is taken for a newer one. */
const LAYOUT = 1;

/** A model whose weights all lie as F32 in files of one folder, to be mapped by every session of every process. */
export type MappedModel = Pick<ModelDirectory, 'spec' | 'weights' | 'weightFolder'>;

/**
 * Lays the weights out as F32 that sessions map without a copy of their own. F32 checkpoints are that already; of others one
 * file is made in `folder`, once, named by a hash of the weights: written aside, flushed and renamed, so that a crash
 * leaves nothing half-made. A full disk is `exhausted` and names the bytes.
 */
export async function mapWeights(
  model: ModelDirectory,
  folder: string,
  signal?: AbortSignal,
): Promise<MappedModel> {
  const { spec, weightFolder, modelSha256 } = model;
  const stored = leavesOf(model.weights);
  if (stored.every(({ dtype }) => dtype === 'F32')) return { spec, weights: model.weights, weightFolder };
  const { places, bytes } = layOut(stored, `${layoutHash(modelSha256, stored)}.f32`);
  const [{ file }] = [...places.values()] as [Weight];
  const path = join(folder, file);
  const isThere = await stat(path).then(
    ({ size }) => size === bytes,
    () => false,
  );
  if (!isThere) await writeCopy({ path, bytes, folder, weightFolder, stored, places, signal });
  const weights = replaceLeaves(model.weights, (weight) => places.get(weight.name)!);
  return { spec, weights, weightFolder: folder };
}

/** Names a copy: other weights, or the same ones laid out for another family or option, are another file. */
function layoutHash(modelSha256: string, stored: readonly Weight[]): string {
  const tensors = stored.map(({ name, shape }) => [name, shape]);
  return createHash('sha256')
    .update(JSON.stringify([LAYOUT, modelSha256, tensors]))
    .digest('hex');
}

interface Layout {
  /** Where each tensor lies in the copy, by name. */
  places: ReadonlyMap<string, Weight>;
  bytes: number;
}

function layOut(stored: readonly Weight[], file: string): Layout {
  const places = new Map<string, Weight>();
  let at = 0;
  for (const { name, shape } of stored) {
    const byteLength = elementCount(shape) * dtypeBytes('F32');
    places.set(name, { name, dtype: 'F32', shape, file, byteOffset: at, byteLength });
    at = Math.ceil((at + byteLength) / ALIGNMENT) * ALIGNMENT;
  }
  return { places, bytes: at };
}

interface Copy extends Layout {
  path: string;
  folder: string;
  weightFolder: string;
  stored: readonly Weight[];
  signal: AbortSignal | undefined;
}

async function writeCopy(copy: Copy): Promise<void> {
  const { path, folder, bytes } = copy;
  const aside = join(folder, `.${randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true });
    await convert(copy, aside);
    await rename(aside, path);
  } catch (error) {
    // Where the folder could not be made, there is nothing to remove either.
    await rm(aside, { force: true }).catch(() => undefined);
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(code))
      throw new FacetError(
        'precondition',
        `${folder} cannot be written (${code}), and the weights are not stored as F32: name a folder for their F32 copy, ` +
          'with FACET_INFERENCE_WEIGHT_COPIES',
        { cause: error, reason: 'WEIGHT_COPIES_NOT_WRITABLE' },
      );
    if (!['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) throw error;
    throw new FacetError(
      'exhausted',
      `no space for the ${bytes} bytes of the F32 copy of the weights in ${folder}; free some, or name another folder with FACET_INFERENCE_WEIGHT_COPIES`,
      { cause: error, reason: 'DISK_FULL' },
    );
  }
}

/** Writes every tensor as F32 in its place, a piece at a time. */
async function convert({ stored, places, bytes, weightFolder, signal }: Copy, path: string): Promise<void> {
  await using target = await open(path, 'wx');
  await target.truncate(bytes);
  for (const weight of stored) {
    await using source = await open(join(weightFolder, weight.file), 'r');
    const size = dtypeBytes(weight.dtype);
    const { byteOffset } = places.get(weight.name)!;
    const count = elementCount(weight.shape);
    for (let from = 0; from < count; from += PIECE_ELEMENTS) {
      throwIfCancelled(signal, path);
      const elements = Math.min(PIECE_ELEMENTS, count - from);
      const raw = new Uint8Array(elements * size);
      await readFully(source, raw, weight.byteOffset + from * size);
      const values = decodeFloats(raw, weight.dtype, weight.name);
      await target.write(values, 0, values.byteLength, byteOffset + from * dtypeBytes('F32'));
    }
  }
  await target.sync();
}

async function readFully(
  file: Awaited<ReturnType<typeof open>>,
  into: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < into.byteLength; ) {
    const { bytesRead } = await file.read(into, done, into.byteLength - done, position + done);
    if (bytesRead === 0) throw new FacetError('data-loss', 'a weight file was cut while it was read');
    done += bytesRead;
  }
}

/** Every weight that graphs refer to, each once, in the order of computation. */
function leavesOf(weights: ModelWeights): Weight[] {
  const found = new Map<string, Weight>();
  replaceLeaves(weights, (weight) => {
    found.set(weight.name, weight);
    return weight;
  });
  return [...found.values()];
}

/** The same weights with every leaf replaced. */
function replaceLeaves(weights: ModelWeights, replace: (weight: Weight) => Weight): ModelWeights {
  const norm = ({ weight, bias }: Norm): Norm => ({
    weight: replace(weight),
    ...(bias === undefined ? {} : { bias: replace(bias) }),
  });
  const linear = (one: Linear): Linear => ({ ...norm(one), isTransposed: one.isTransposed });
  const block = ({ norms, attention, mlp }: BlockWeights): BlockWeights => {
    const { qkv, out, qNorm, kNorm } = attention;
    const named = Object.entries(norms).map(([name, one]) => [name, norm(one)]);
    return {
      norms: Object.fromEntries(named),
      attention: {
        qkv:
          'q' in qkv
            ? { q: linear(qkv.q), k: linear(qkv.k), v: linear(qkv.v) }
            : { fused: linear(qkv.fused), order: qkv.order },
        out: linear(out),
        ...(qNorm === undefined ? {} : { qNorm: norm(qNorm) }),
        ...(kNorm === undefined ? {} : { kNorm: norm(kNorm) }),
      },
      mlp: {
        up: linear(mlp.up),
        down: linear(mlp.down),
        ...(mlp.gate === undefined ? {} : { gate: linear(mlp.gate) }),
      },
    };
  };
  return {
    embedding: replace(weights.embedding),
    ...(weights.positions === undefined ? {} : { positions: replace(weights.positions) }),
    unembedding: linear(weights.unembedding),
    finalNorm: norm(weights.finalNorm),
    blocks: weights.blocks.map(block),
  };
}
