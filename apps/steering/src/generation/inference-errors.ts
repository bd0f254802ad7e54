import { FacetError, isFacetError } from '@facet/errors';

/** Passes inference's stream on; an error about its request's text is about `field` of the caller's. */
export async function* promptErrors<T>(events: AsyncIterable<T>, field: string): AsyncGenerator<T> {
  try {
    yield* events;
  } catch (error) {
    if (!isFacetError(error) || error.field !== 'text') throw error;
    const { kind, reason, metadata } = error;
    const message = error.message.replace(/^text: /, `${field}: `);
    throw new FacetError(kind, message, { cause: error, field, reason, metadata });
  }
}
