import { FacetError, quote } from '@facet/errors';

/** Keys longer than this are refused: S3's own limit. */
export const MAX_KEY_LENGTH = 1024;
/** One part of a key is at most a POSIX file name. */
const MAX_SEGMENT_LENGTH = 255;
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/** Checks a key: segments of letters, digits, `.`, `_` and `-` that start with no dot, joined by `/`. */
export function requireKey(key: string): string {
  const segments = key.split('/');
  if (key.length > MAX_KEY_LENGTH || !segments.every(isSegment))
    throw new FacetError('invalid', `${quote(key)} is not an object key; use a/b/c.txt`, {
      reason: 'OBJECT_KEY_INVALID',
    });
  return key;
}

/** Checks a prefix and returns it without its closing slash; "" covers the whole store. */
export function requirePrefix(prefix: string): string {
  const folder = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return folder === '' && prefix === '' ? '' : requireKey(folder);
}

function isSegment(segment: string): boolean {
  return segment.length <= MAX_SEGMENT_LENGTH && SEGMENT.test(segment);
}
