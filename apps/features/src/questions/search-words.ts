import { FacetError } from '@facet/errors';
import { MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS } from '../limits.ts';

/** Splits a search query into words at white space; every one must be found. */
export function searchWords(query: string): string[] {
  const words = [...new Set(query.trim().toLowerCase().split(/\s+/u))].filter((word) => word !== '');
  if (words.length > 0 && words.length <= MAX_QUERY_WORDS && query.length <= MAX_QUERY_CHARACTERS)
    return words;
  throw new FacetError(
    'invalid',
    `query must have 1 to ${MAX_QUERY_CHARACTERS} characters and at most ${MAX_QUERY_WORDS} words; it has ${query.length} and ${words.length}`,
    { field: 'query' },
  );
}
