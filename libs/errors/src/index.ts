export { FacetError, type FacetErrorKind, type FacetErrorOptions, isFacetError } from './facet-error.ts';
