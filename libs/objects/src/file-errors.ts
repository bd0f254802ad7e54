import { FacetError } from '@facet/errors';

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const NO_PERMISSION = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Tells whether `error` is a file system error with one of `codes`. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException)?.code ?? '');
}

/**
 * Names a failed write in Facet's terms: a full disk is `exhausted`, with the name and the bytes of what was written.
 */
export function toWriteError(error: unknown, name: string, bytes: number): unknown {
  const code = (error as NodeJS.ErrnoException)?.code;
  if (code === undefined) return error;
  if (NO_SPACE.has(code))
    return new FacetError(
      'exhausted',
      `no space for the ${bytes} bytes of ${name} (${code}); free some and retry`,
      {
        cause: error,
        reason: 'DISK_FULL',
        metadata: { path: name, bytes: String(bytes) },
      },
    );
  if (NO_PERMISSION.has(code))
    return new FacetError(
      'precondition',
      `${name} cannot be written (${code}); check the store's permissions`,
      {
        cause: error,
      },
    );
  if (code === 'ENOTDIR' || code === 'EISDIR' || code === 'ENOTEMPTY')
    return new FacetError('invalid', `${name} is both an object and a folder of objects (${code})`, {
      cause: error,
    });
  return new FacetError('unavailable', `${name} cannot be written (${code})`, { cause: error });
}

/** Names a failed read in Facet's terms. */
export function toReadError(error: unknown, name: string): unknown {
  const code = (error as NodeJS.ErrnoException)?.code;
  if (code === undefined) return error;
  if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP'))
    return new FacetError('not-found', `${name} does not exist`, { cause: error });
  if (NO_PERMISSION.has(code))
    return new FacetError('precondition', `${name} cannot be read (${code}); check the store's permissions`, {
      cause: error,
    });
  return new FacetError('unavailable', `${name} cannot be read (${code})`, { cause: error });
}
