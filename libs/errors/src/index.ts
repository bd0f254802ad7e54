export { FacetError, type FacetErrorKind, type FacetErrorOptions, isFacetError } from './facet-error.ts';
export { cutText, MAX_QUOTED_CHARS, quote, quoteJson, wellFormed } from './quote.ts';
