import { FacetError } from '@facet/errors';

/** What a capture fails with whose corpus was not the same from its beginning to its end. */
export function corpusChanged(id: string): FacetError {
  const message = `the corpus of activationSets/${id} changed while it was captured; capture it again`;
  return new FacetError('precondition', message, { reason: 'CORPUS_CHANGED' });
}
