import { realpath } from 'node:fs/promises';
import { FacetError, isFacetError, quote } from '@facet/errors';
import { locateModel, locateModels, modelIdOf } from '@facet/hub';
import { parseId } from '@facet/mesh';

const FIELD = 'FACET_MODELS';

/** A model to load: its id, as in `models/{id}`, and its Hugging Face directory. */
export interface ModelLocation {
  id: string;
  directory: string;
}

/**
 * Finds the models that `FACET_MODELS` names: a comma-separated list of `id=model`, of models (the id is made of the
 * name by `modelIdOf`), or of folders of models. A model is a directory with a `config.json`, the folder of a repository
 * in the Hugging Face cache at `cacheDirectory`, or the name of one (`organisation/name@revision`). Throws `invalid` for what
 * is none, for no model at all and for an id used twice.
 */
export async function findModels(models: string, cacheDirectory: string): Promise<ModelLocation[]> {
  const items = models
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  const found = (await Promise.all(items.map((item) => locate(item, cacheDirectory)))).flat();
  if (found.length === 0) throw invalid(`${quote(models)} names no model; name a model directory`);
  const byId = new Map<string, string>();
  for (const { id, directory } of found) {
    const other = byId.get(id);
    if (other !== undefined)
      throw invalid(
        `two models would be called ${quote(id)}, ${other} and ${directory}; name one of them as another-id=directory`,
      );
    byId.set(id, directory);
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function locate(item: string, cacheDirectory: string): Promise<ModelLocation[]> {
  try {
    const equals = item.indexOf('=');
    if (equals >= 0) {
      const id = parseId(item.slice(0, equals), FIELD);
      return [{ id, directory: await realpath(await locateModel(item.slice(equals + 1), cacheDirectory)) }];
    }
    const found = await locateModels(item, cacheDirectory);
    return await Promise.all(
      found.map(async (path) => ({ id: modelIdOf(path), directory: await realpath(path) })),
    );
  } catch (cause) {
    if (!isFacetError(cause)) throw cause;
    const { kind, message, reason } = cause;
    throw new FacetError(kind, message, { cause, reason, field: FIELD });
  }
}

function invalid(message: string): FacetError {
  return new FacetError('invalid', message, { field: FIELD, reason: 'NO_SUCH_MODEL' });
}
