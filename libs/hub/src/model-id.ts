import { basename, resolve } from 'node:path';
import { FacetError, quote } from '@facet/errors';
import { repositoryOfPath } from './repository.ts';

const MAX_ID_CHARS = 64;

/**
 * Makes the id of the model in `directory`: the folder's name, or for a snapshot of the Hugging Face cache the repository's
 * name without the organisation, in lower case, with `-` for what an id cannot hold: `Qwen2.5-0.5B` becomes `qwen2.5-0.5b`. An
 * id stays as it is. Throws `invalid` where nothing is left.
 */
export function modelIdOf(directory: string): string {
  const path = resolve(directory);
  const id = basename(repositoryOfPath(path) ?? path)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, MAX_ID_CHARS);
  if (id !== '') return id;
  throw new FacetError('invalid', `${quote(directory)} gives no model id; name the model as id=directory`, {
    reason: 'NO_MODEL_ID',
  });
}
