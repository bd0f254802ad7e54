import { isFacetError } from '@facet/errors';

/** Reads something that may not be there: undefined instead of a `not-found` error. */
export async function absentAsUndefined<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isFacetError(error) && error.kind === 'not-found') return undefined;
    throw error;
  }
}
