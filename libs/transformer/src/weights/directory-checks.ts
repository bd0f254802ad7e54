import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FacetError, quoteJson } from '@facet/errors';
import {
  type DType,
  decodeFloats,
  dtypeBytes,
  elementCount,
  openSafetensors,
  type SafetensorsFile,
} from '@facet/tensor';
import { readModelText, throwIfCancelled } from './model-text.ts';
import type { ModelWeights, Weight } from './model-weights.ts';

/** Two tensors are compared in pieces of this many elements. */
const COMPARED_ELEMENTS = 1 << 20;

/**
 * Files that hold what is added to the weights beside them, of PEFT, MLX, diffusers, llama.cpp and LitGPT: a model that is loaded
 * without is another one.
 */
const ADAPTER_FILE =
  /^adapter_config\.json$|(^|[._-])(adapters?|lora)([._-].*)?\.(safetensors|bin|pth?|npz|gguf|ckpt)$/i;

/** Adapter files named in an error. */
const MAX_NAMED_FILES = 4;

/** Refuses a directory in which an adapter (LoRA and its kin) lies beside the weights: it would be left out. */
export async function refuseAdapter(directory: string): Promise<void> {
  const names = await readdir(directory).catch((): string[] => []);
  const found = adapterFiles(names).slice(0, MAX_NAMED_FILES);
  if (found.length === 0) return;
  const base = found.includes('adapter_config.json')
    ? await adapterBase(join(directory, 'adapter_config.json'))
    : '';
  throw new FacetError(
    'unimplemented',
    `${directory} holds an adapter (${found.join(', ')}${base}), which is not applied to weights here; merge it into ` +
      'the weights (PEFT: merge_and_unload) or move its files elsewhere',
    { reason: 'MODEL_ADAPTER_UNSUPPORTED' },
  );
}

/** Finds the files of an adapter among the names of a directory. */
export function adapterFiles(names: readonly string[]): string[] {
  return names.filter((name) => ADAPTER_FILE.test(name));
}

async function adapterBase(path: string): Promise<string> {
  try {
    const { peft_type, base_model_name_or_path } = JSON.parse(await readModelText(path));
    return ` of type ${quoteJson(peft_type)} for ${quoteJson(base_model_name_or_path)}`;
  } catch {
    return ' that cannot be read';
  }
}

/** Where tensors lie, by name, and how to read two of them side by side. */
export interface StoredTensors {
  folder: string;
  tensors: ReadonlyMap<string, Weight>;
}

/**
 * Refuses two sets of weights, one in `model.safetensors` and one that an index names, that are not the same:
 * transformers reads the former, other programs the latter.
 */
export async function requireSameWeights(
  single: StoredTensors,
  indexed: StoredTensors,
  signal?: AbortSignal,
): Promise<void> {
  const names = new Set([...single.tensors.keys(), ...indexed.tensors.keys()]);
  for (const name of [...names].sort()) {
    const [a, b] = [single.tensors.get(name), indexed.tensors.get(name)];
    const difference = a && b && (await compare([single.folder, a], [indexed.folder, b], signal));
    if (a && b && difference === undefined) continue;
    throw new FacetError(
      'invalid',
      `${single.folder} holds two sets of weights, model.safetensors and the files of model.safetensors.index.json, and ` +
        `${name} ${a && b ? `differs: ${difference}` : `is only in the ${a ? 'former' : 'latter'}`}; delete one of the two`,
      { reason: 'WEIGHTS_CONTRADICTORY' },
    );
  }
}

/** Refuses an unembedding that is stored beside the embedding to which `tie_word_embeddings` ties it, and is another. */
export async function requireTiedHead(
  { embedding, spareHead: head }: ModelWeights,
  { folder }: StoredTensors,
  signal?: AbortSignal,
): Promise<void> {
  if (head === undefined) return;
  const difference = await compare([folder, embedding], [folder, head], signal);
  if (difference === undefined) return;
  throw new FacetError(
    'invalid',
    `${folder} has tie_word_embeddings true, but stores ${head.name} beside ${embedding.name} and they differ: ` +
      `${difference}; write tie_word_embeddings false to use the stored head, or delete the tensor`,
    { reason: 'WEIGHTS_CONTRADICTORY' },
  );
}

type Place = readonly [folder: string, weight: Weight];

/** Tells how two stored tensors differ, `undefined` where they hold the same numbers. */
async function compare(a: Place, b: Place, signal?: AbortSignal): Promise<string | undefined> {
  const [left, right] = [a[1], b[1]];
  const shapes = [left, right].map(
    ({ dtype, shape }) => `${isFloat(dtype) ? '' : dtype}[${shape.join(', ')}]`,
  );
  if (shapes[0] !== shapes[1]) return `${shapes[0]} against ${shapes[1]}`;
  const files = await Promise.all([a, b].map(([folder, { file }]) => openSafetensors(join(folder, file))));
  try {
    const elements = elementCount(left.shape);
    for (let start = 0; start < elements; start += COMPARED_ELEMENTS) {
      throwIfCancelled(signal, join(b[0], right.file));
      const range = { start, end: Math.min(start + COMPARED_ELEMENTS, elements) };
      const [x, y] = await Promise.all([
        readPiece(files[0]!, left, range),
        readPiece(files[1]!, right, range),
      ]);
      const i = x.findIndex((value, j) => value !== y[j]);
      if (i >= 0) return `${x[i]} against ${y[i]} at index ${start + i}`;
    }
    return undefined;
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

async function readPiece(
  file: SafetensorsFile,
  { name, dtype }: Weight,
  { start, end }: { start: number; end: number },
): Promise<Float32Array | Uint8Array> {
  const size = dtypeBytes(dtype);
  const bytes = await file.readRaw(name, { start: start * size, end: end * size });
  return isFloat(dtype) ? decodeFloats(bytes, dtype, name) : bytes;
}

function isFloat(dtype: DType): boolean {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}
