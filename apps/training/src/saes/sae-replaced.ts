import { FacetError } from '@facet/errors';

/** Says that another SAE took the id of one that a caller worked on; `what` was done, as a half sentence. */
export function saeReplaced(id: string, what: string): FacetError {
  return new FacetError('aborted', `saes/${id} was replaced by another SAE while ${what}; read it again`, {
    reason: 'SAE_REPLACED',
  });
}
