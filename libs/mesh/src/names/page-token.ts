import { FacetError } from '@facet/errors';
import type { output, ZodType } from 'zod';

/** Longest page token accepted: a key, not data. */
const MAX_TOKEN_CHARS = 2048;

/** Packs the key of a page's last row into an opaque token; `query` (filter and order) must be the same on the next call. */
export function encodePageToken(key: unknown, query = ''): string {
  return Buffer.from(JSON.stringify([query, key])).toString('base64url');
}

/** Unpacks a token made for the same `query`; undefined for the empty token, which asks for the first page. */
export function decodePageToken<S extends ZodType>(
  token: string,
  schema: S,
  query = '',
): output<S> | undefined {
  if (token === '') return undefined;
  const content =
    token.length <= MAX_TOKEN_CHARS ? parseJson(Buffer.from(token, 'base64url').toString()) : undefined;
  const key = Array.isArray(content) && content[0] === query ? schema.safeParse(content[1]) : undefined;
  if (key?.success) return key.data;
  const message = 'page_token is not one that this query returned; leave it empty to start again';
  throw new FacetError('invalid', message, { field: 'page_token', reason: 'PAGE_TOKEN_INVALID' });
}

/** The number of rows to return: `requested`, or `fallback` when it is 0, never more than `max`. */
export function pageSize(requested: number, { fallback, max }: { fallback: number; max: number }): number {
  if (!Number.isInteger(requested) || requested < 0) {
    throw new FacetError('invalid', `page_size must be 0 or more; it is ${requested}`, {
      field: 'page_size',
    });
  }
  return Math.min(requested === 0 ? fallback : requested, max);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
