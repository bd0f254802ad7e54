import { createHash } from 'node:crypto';
import { dtypeBytes, elementCount } from '@facet/tensor';
import { dataFile } from './copies/copy-files.ts';
import { type CopyOptions, openCopy, tidyCopies } from './copies/weight-copies.ts';
import type { ModelDirectory } from './model-directory.ts';
import type { Weight } from './model-weights.ts';
import { leavesOf, replaceLeaves } from './weight-leaves.ts';

/** Tensors begin at multiples of this, which is what processors and maps like. */
const ALIGNMENT = 4096;
/** Grows when the layout changes, so that no older file is taken for a newer one. */
const LAYOUT = 1;

/**
 * A model whose weights all lie as F32 in files of one folder, to be mapped by every session of every
 * process.
 */
export interface MappedModel extends Pick<ModelDirectory, 'spec' | 'weights' | 'weightFolder'> {
  /** The F32 copy that is mapped; absent where the checkpoint's own files are. */
  copy?: { path: string; bytes: number };
  /** What befell the copy, in sentences for an operator. */
  warnings: readonly string[];
  /** Gives the copy up: from now on it may be removed. */
  release(): Promise<void>;
}

/**
 * Lays the weights out as F32 that sessions map without a copy of their own. F32 checkpoints are that
 * already; of others one file is made in `options.folder`, once, named by a hash of the weights (see
 * `openCopy`).
 */
export async function mapWeights(model: ModelDirectory, options: CopyOptions): Promise<MappedModel> {
  const { spec, weightFolder, modelSha256 } = model;
  const stored = leavesOf(model.weights);
  if (stored.every(({ dtype }) => dtype === 'F32')) {
    await tidyCopies(options);
    return { spec, weights: model.weights, weightFolder, warnings: [], release: async () => undefined };
  }
  const key = layoutHash(modelSha256, stored);
  const layout = layOut(stored, dataFile(key));
  const { path, warnings, release } = await openCopy({ key, weightFolder, stored, ...layout }, options);
  const weights = replaceLeaves(model.weights, (weight) => layout.places.get(weight.name)!);
  const copy = { path, bytes: layout.bytes };
  return { spec, weights, weightFolder: options.folder, copy, warnings, release };
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
