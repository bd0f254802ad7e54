import { fileURLToPath } from 'node:url';
import { FacetError, type FacetErrorOptions, quote } from '@facet/errors';

/** Longest path that Linux opens. */
const MAX_PATH_BYTES = 4096;

/**
 * Reads a caller's absolute path or `file://` URL into a path; `invalid` for anything else, with the field and reason
 * of `options`. That the file exists, and that the caller may name it, is not checked.
 */
export function parseFileUri(uri: string, options: Pick<FacetErrorOptions, 'field' | 'reason'>): string {
  const path = uri.startsWith('file:') ? pathOfUrl(uri) : uri;
  const isPath = path?.startsWith('/') && !path.includes('\0') && Buffer.byteLength(path) <= MAX_PATH_BYTES;
  if (path !== undefined && isPath) return path;
  const message = `${quote(uri)} names no file; give an absolute path, or a file:// URL without a host`;
  throw new FacetError('invalid', message, options);
}

function pathOfUrl(uri: string): string | undefined {
  try {
    return fileURLToPath(uri);
  } catch {
    return undefined;
  }
}
