import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { FacetError } from '@facet/errors';
import { z } from 'zod';
import { readModelText } from './model-text.ts';

/** More weight files than this are refused: the largest open checkpoints have a few hundred. */
const MAX_WEIGHT_FILES = 4096;
const INDEX_FILE = 'model.safetensors.index.json';
const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/** The folder that really holds the weight files, and their names in it, sorted. */
export interface WeightFiles {
  folder: string;
  files: readonly string[];
}

/**
 * Finds the weight files of a model directory. Symbolic links are followed, but never out of the directory;
 * the one exception is the layout of the Hugging Face cache, where `snapshots/{revision}/x` points into
 * `blobs/`.
 */
export async function resolveWeightFiles(directory: string): Promise<WeightFiles> {
  const root = await realDirectory(directory);
  const names = await listWeightFiles(directory);
  const paths = await Promise.all(names.map((name) => realWeightPath(root, directory, name)));
  const folders = new Set(paths.map((path) => dirname(path)));
  if (folders.size > 1)
    throw new FacetError(
      'precondition',
      `${directory} keeps its weight files in several folders; put them into one`,
      {
        reason: 'WEIGHT_FILES_SCATTERED',
      },
    );
  return { folder: [...folders][0]!, files: paths.map((path) => basename(path)) };
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

/** The files that the index names or, without an index, every `*.safetensors` of the directory. */
async function listWeightFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory);
  const names = entries.includes(INDEX_FILE)
    ? await readIndex(join(directory, INDEX_FILE))
    : entries.filter((name) => name.endsWith('.safetensors')).sort();
  if (names.length === 0)
    throw new FacetError('not-found', `${directory} holds no *.safetensors file`, {
      reason: 'MODEL_FILE_MISSING',
    });
  if (names.length > MAX_WEIGHT_FILES)
    throw new FacetError(
      'invalid',
      `${directory} has ${names.length} weight files; the limit is ${MAX_WEIGHT_FILES}`,
    );
  return names;
}

async function readIndex(path: string): Promise<string[]> {
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
  const names = [...new Set(Object.values(parsed.data.weight_map))].sort();
  const odd = names.find((name) => name !== basename(name) || !name.endsWith('.safetensors'));
  if (odd !== undefined)
    throw new FacetError(
      'invalid',
      `${path} names ${JSON.stringify(odd)}; only *.safetensors beside it are read`,
      {
        reason: 'WEIGHT_FILE_OUTSIDE',
      },
    );
  return names;
}

async function realWeightPath(root: string, directory: string, name: string): Promise<string> {
  let path: string;
  try {
    path = await realpath(join(root, name));
  } catch (cause) {
    throw new FacetError('not-found', `${join(directory, name)} does not exist; a model directory needs it`, {
      cause,
      reason: 'MODEL_FILE_MISSING',
    });
  }
  const blobs = basename(dirname(root)) === 'snapshots' ? join(dirname(dirname(root)), 'blobs') : root;
  if ([root, blobs].some((allowed) => path.startsWith(allowed + sep))) return path;
  throw new FacetError('invalid', `${join(directory, name)} is a link that leaves the model directory`, {
    reason: 'WEIGHT_FILE_OUTSIDE',
  });
}
