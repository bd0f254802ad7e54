import { fileURLToPath } from 'node:url';
import { FacetError } from '@facet/errors';
import { openFileStore } from './file-store.ts';
import type { ObjectStore } from './store.ts';

/** Opens the store at `url`: `file:///absolute/folder` (created when first written to). */
export function openObjectStore(url: string): ObjectStore {
  const parsed = parseUrl(url);
  if (parsed.protocol === 's3:')
    throw new FacetError('unimplemented', `${url}: S3 stores are not supported yet; use file:///folder`);
  if (parsed.protocol !== 'file:' || parsed.search !== '' || parsed.hash !== '') throw malformed(url);
  try {
    return openFileStore({ directory: fileURLToPath(parsed) });
  } catch (cause) {
    throw malformed(url, cause);
  }
}

function parseUrl(url: string): URL {
  try {
    return new URL(url);
  } catch (cause) {
    throw malformed(url, cause);
  }
}

function malformed(url: string, cause?: unknown): FacetError {
  return new FacetError(
    'invalid',
    `${JSON.stringify(url)} is not an object store; use file:///absolute/folder`,
    {
      cause,
    },
  );
}
