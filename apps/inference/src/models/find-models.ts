import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FacetError } from '@facet/errors';
import { parseId } from '@facet/mesh';

/** A model to load: its id, as in `models/{id}`, and its Hugging Face directory. */
export interface ModelLocation {
  id: string;
  directory: string;
}

/**
 * Finds the models that `FACET_MODELS` names: a comma-separated list of `id=directory`, of model directories (the id is
 * the directory's name, made an id by `modelIdOf`), or of folders whose subdirectories are models. A model directory is
 * one with a `config.json`. Throws `invalid` for a directory that is none, for no model at all and for an id used twice.
 */
export async function findModels(models: string): Promise<ModelLocation[]> {
  const items = models
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  const found = (await Promise.all(items.map(locate))).flat();
  if (found.length === 0) throw invalid(`${JSON.stringify(models)} names no model; name a model directory`);
  const ids = found.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw invalid(`two models would be called ${JSON.stringify(twice)}; name them as id=directory`);
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Makes an id of a directory's name: lower case, other characters become `-`. */
export function modelIdOf(directory: string): string {
  const id = basename(directory)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 64);
  if (id === '') throw invalid(`${directory} gives no model id; name the model as id=directory`);
  return id;
}

async function locate(item: string): Promise<ModelLocation[]> {
  const equals = item.indexOf('=');
  if (equals >= 0) {
    const id = parseId(item.slice(0, equals), 'FACET_MODELS');
    const directory = await existing(item.slice(equals + 1));
    if (!(await isModel(directory)))
      throw invalid(`${directory} is no model directory: it has no config.json`);
    return [{ id, directory }];
  }
  const directory = await existing(item);
  if (await isModel(directory)) return [{ id: modelIdOf(directory), directory }];
  const children = (await readdir(directory)).sort().map((name) => join(directory, name));
  const areModels = await Promise.all(children.map(isModel));
  const inside = children.filter((_, index) => areModels[index]);
  if (inside.length === 0)
    throw invalid(`${directory} holds no model: neither it nor a directory in it has a config.json`);
  return inside.map((child) => ({ id: modelIdOf(child), directory: child }));
}

async function existing(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (cause) {
    throw invalid(`the model directory ${directory} does not exist`, cause);
  }
}

async function isModel(directory: string): Promise<boolean> {
  return stat(join(directory, 'config.json')).then(
    (found) => found.isFile(),
    () => false,
  );
}

function invalid(message: string, cause?: unknown): FacetError {
  return new FacetError('invalid', message, { cause, field: 'FACET_MODELS', reason: 'NO_SUCH_MODEL' });
}
