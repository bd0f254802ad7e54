import { readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { FacetError } from '@facet/errors';
import { z } from 'zod';
import { readModelText } from './model-text.ts';

/** More weight files than this are refused: the largest open checkpoints have a few hundred. */
const MAX_WEIGHT_FILES = 4096;
export const INDEX_FILE = 'model.safetensors.index.json';
export const SINGLE_FILE = 'model.safetensors';
/** Mistral's own layout of the same weights, which lies beside them in its repositories and which transformers never reads. */
const OTHER_LAYOUT = /^consolidated.*\.safetensors$/;
const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** Where the weight files really lie. */
export interface WeightFiles {
  /** The deepest folder that holds them all. */
  folder: string;
  /** Their names in the model directory, sorted. */
  names: readonly string[];
  /** Their paths in `folder`, in the order of `names`. */
  files: readonly string[];
  /** Tensor name to file as the index has it; absent without an index. */
  index?: ReadonlyMap<string, string>;
  /** A second set of weights beside the files of the index. */
  single?: WeightFiles;
}

/**
 * Finds the weight files of a model directory. Symbolic links are followed, but never out of the directory;
 * the one exception is the layout of the Hugging Face cache, where `snapshots/{revision}/x` points into
 * `blobs/`.
 */
export async function resolveWeightFiles(directory: string): Promise<WeightFiles> {
  const entries = await readdir(directory).catch((): string[] => []);
  if (!entries.includes(INDEX_FILE)) return locate(directory, weightFilesWithoutIndex(entries));
  const map = await readWeightIndex(join(directory, INDEX_FILE));
  const names = [...new Set(map.values())].sort();
  const located = await locate(directory, names);
  const realNames = new Map(names.map((name, i) => [name, located.files[i]!]));
  const index = new Map([...map].map(([tensor, name]) => [tensor, realNames.get(name)!]));
  if (names.includes(SINGLE_FILE) || !entries.includes(SINGLE_FILE)) return { ...located, index };
  return { ...located, index, single: await locate(directory, [SINGLE_FILE]) };
}

async function locate(directory: string, names: readonly string[]): Promise<WeightFiles> {
  const root = await realDirectory(directory);
  if (names.length === 0)
    throw new FacetError('not-found', `${directory} holds no *.safetensors file`, {
      reason: 'MODEL_FILE_MISSING',
    });
  if (names.length > MAX_WEIGHT_FILES)
    throw new FacetError(
      'invalid',
      `${directory} has ${names.length} weight files; the limit is ${MAX_WEIGHT_FILES}`,
    );
  const paths = await Promise.all(names.map((name) => realWeightPath(root, directory, name)));
  const folder = commonFolder(paths);
  return { folder, names, files: paths.map((path) => relative(folder, path)) };
}

function commonFolder(paths: readonly string[]): string {
  let folder = dirname(paths[0]!);
  while (!paths.every((path) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep)))
    folder = dirname(folder);
  return folder;
}

/** Chooses among the names of a directory without an index: every `*.safetensors` counts. */
export function weightFilesWithoutIndex(entries: readonly string[]): string[] {
  const names = entries.filter((name) => name.endsWith('.safetensors')).sort();
  const own = names.filter((name) => !OTHER_LAYOUT.test(name));
  return own.length > 0 ? own : names;
}

async function realDirectory(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (cause) {
    throw new FacetError('not-found', `model directory ${directory} does not exist`, {
      cause,
      reason: 'MODEL_FILE_MISSING',
    });
  }
}

/** Reads which file holds which tensor. */
export async function readWeightIndex(path: string): Promise<ReadonlyMap<string, string>> {
  const text = await readModelText(path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FacetError('invalid', `${path} is not JSON`, { cause, reason: 'MODEL_CONFIG_INVALID' });
  }
  const parsed = indexSchema.safeParse(json);
  if (!parsed.success)
    throw new FacetError('invalid', `${path} has no weight_map`, { reason: 'MODEL_CONFIG_INVALID' });
  const map = new Map(Object.entries(parsed.data.weight_map));
  const names = [...map.values()];
  const odd = names.find((name) => name !== basename(name) || !name.endsWith('.safetensors'));
  if (odd !== undefined)
    throw new FacetError(
      'invalid',
      `${path} names ${JSON.stringify(odd)}; only *.safetensors beside it are read`,
      {
        reason: 'WEIGHT_FILE_OUTSIDE',
      },
    );
  return map;
}

async function realWeightPath(root: string, directory: string, name: string): Promise<string> {
  let path: string;
  try {
    path = await realpath(join(root, name));
  } catch (cause) {
    throw await missingWeights(join(directory, name), cause);
  }
  if (foldersOf(root).some((allowed) => path.startsWith(allowed + sep))) return path;
  throw new FacetError(
    'invalid',
    `${join(directory, name)} is a link that leaves the model directory, to ${path}; ` +
      `put the file itself there (cp --remove-destination ${path} ${join(directory, name)}), or name the directory that it lies in`,
    { reason: 'WEIGHT_FILE_OUTSIDE' },
  );
}

/** A link into a cache that was not copied with it looks like a file that is there. */
async function missingWeights(path: string, cause: unknown): Promise<FacetError> {
  const target = await readlink(path).catch(() => undefined);
  const message =
    target === undefined
      ? `${path} does not exist; a model directory needs it`
      : `${path} is a link to ${target}, which does not exist; copy the model with its links followed (cp -rL), or pull it again`;
  return new FacetError('not-found', message, { cause, reason: 'MODEL_FILE_MISSING' });
}

/**
 * Folders in which the files of the model directory `root` may lie: itself, and for a snapshot of the Hugging Face cache
 * the blobs of its repository and those that the repositories of the cache share.
 */
function foldersOf(root: string): string[] {
  if (basename(dirname(root)) !== 'snapshots') return [root];
  const repository = dirname(dirname(root));
  return [root, join(repository, 'blobs'), join(dirname(repository), 'blobs')];
}
