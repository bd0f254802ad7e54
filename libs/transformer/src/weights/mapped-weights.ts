import { createHash } from 'node:crypto';
import { dataFile } from './copies/copy-files.ts';
import { createPlaces } from './copies/places.ts';
import { type CopyOptions, openCopy, tidyCopies } from './copies/weight-copies.ts';
import { floatPart } from './copies/write-copy.ts';
import type { ModelDirectory } from './model-directory.ts';
import type { Weight } from './model-weights.ts';
import { leavesOf, replaceLeaves } from './weight-leaves.ts';

/** Grows when the layout changes, so that no older file is taken for a newer one. */
const LAYOUT = 1;

/**
 * A model whose weights all lie in files of one folder, to be mapped by every session of every
 * process.
 */
export interface MappedModel extends Pick<ModelDirectory, 'spec' | 'weights' | 'weightFolder'> {
  /** The copy that is mapped; absent where the checkpoint's own files are. */
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
  const { take, bytes } = createPlaces(dataFile(key));
  const places = new Map(stored.map(({ name, shape }) => [name, take(name, 'F32', shape)]));
  const parts = stored.map((weight) => floatPart(weightFolder, weight, places.get(weight.name)!.byteOffset));
  const files = [...new Set(stored.map(({ file }) => file))];
  const { path, warnings, release } = await openCopy(
    { key, weightFolder, files, parts, bytes: bytes() },
    options,
  );
  const weights = replaceLeaves(model.weights, ({ name }) => places.get(name)!);
  return { spec, weights, weightFolder: options.folder, copy: { path, bytes: bytes() }, warnings, release };
}

/** Names a copy: other weights, or the same ones laid out for another family or option, are another file. */
function layoutHash(modelSha256: string, stored: readonly Weight[]): string {
  const tensors = stored.map(({ name, shape }) => [name, shape]);
  return createHash('sha256')
    .update(JSON.stringify([LAYOUT, modelSha256, tensors]))
    .digest('hex');
}
