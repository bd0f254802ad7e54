import { cutText, FacetError, isFacetError } from '@facet/errors';
import { ClientError, ServerError, Status } from 'nice-grpc-common';
import {
  BadRequest,
  type ErrorDetails,
  ErrorInfo,
  ResourceInfo,
  RetryInfo,
  RichClientError,
  RichServerError,
} from 'nice-grpc-error-details';
import { forCaller } from '../requests/callers-words.ts';
import { kindOfStatus, STATUS_OF_KIND } from './status-table.ts';

/** Reason of a call that took longer than its deadline; the only `unavailable` error sent as DEADLINE_EXCEEDED. */
export const DEADLINE_EXCEEDED = 'DEADLINE_EXCEEDED';
/** Error text travels in HTTP/2 headers, percent-encoded, and peers limit all headers to 8 KiB. */
const MAX_MESSAGE_BYTES = 2048;
const MAX_METADATA_ENTRIES = 16;
const MAX_METADATA_CHARS = 256;
/** How long a caller should wait before it tries again, after UNAVAILABLE or RESOURCE_EXHAUSTED. */
const RETRY_DELAY_SECONDS = 1;

export interface ErrorOrigin {
  /** Service that answers, such as `inference`; sent as ErrorInfo.domain `facet.inference`. */
  service: string;
  requestId: string;
  /** The request that failed: what its caller may be told depends on what it sent. */
  request?: unknown;
}

/**
 * Turns what a handler threw into the status sent to the caller: FacetErrors with ErrorInfo and the details of their
 * kind; anything else INTERNAL without its text (the server logs it whole). No path of the server is in it.
 */
export function toGrpcError(error: unknown, origin: ErrorOrigin): ServerError {
  if (error instanceof ServerError) return ofLibrary(error, origin);
  if (isFacetError(error)) {
    const message = forCaller(error.message, origin.request);
    return new RichServerError(statusOf(error), cutStatusText(message), detailsOf(error, message, origin));
  }
  return new RichServerError(
    Status.INTERNAL,
    `internal error in ${origin.service}; request id ${origin.requestId}`,
    [errorInfo('INTERNAL', origin, {})],
  );
}

/** An error of a library's own service, such as health: its text is the library's. */
function ofLibrary(error: ServerError, { request }: ErrorOrigin): ServerError {
  const details = forCaller(error.details, request);
  return details === error.details ? error : new ServerError(error.code, details);
}

/** The status that a Facet error is sent as. */
export function statusOf(error: FacetError): Status {
  return error.reason === DEADLINE_EXCEEDED ? Status.DEADLINE_EXCEEDED : STATUS_OF_KIND[error.kind];
}

function detailsOf(error: FacetError, message: string, origin: ErrorOrigin): ErrorDetails[] {
  const details: ErrorDetails[] = [errorInfo(error.reason, origin, error.metadata)];
  const description = cutText(message, MAX_METADATA_CHARS);
  if (error.field !== undefined) {
    details.push(BadRequest.fromPartial({ fieldViolations: [{ field: error.field, description }] }));
  }
  if (error.kind === 'not-found' || error.kind === 'exists') {
    const { resourceType = '', resourceName = '' } = error.metadata;
    details.push(ResourceInfo.fromPartial({ resourceType, resourceName, description }));
  }
  if (error.kind === 'unavailable' || error.kind === 'exhausted') {
    details.push(RetryInfo.fromPartial({ retryDelay: { seconds: RETRY_DELAY_SECONDS } }));
  }
  return details;
}

function errorInfo(
  reason: string,
  { service, requestId, request }: ErrorOrigin,
  metadata: Readonly<Record<string, string>>,
) {
  const entries = Object.entries(metadata)
    .slice(0, MAX_METADATA_ENTRIES)
    .map(([key, value]) => [key, cutText(forCaller(value, request), MAX_METADATA_CHARS)]);
  return ErrorInfo.fromPartial({
    reason,
    domain: `facet.${service}`,
    metadata: { ...Object.fromEntries(entries), requestId },
  });
}

/** Cuts the text of a status so that it fits into a header: well-formed, and at most 2 KiB percent-encoded. */
export function cutStatusText(text: string): string {
  let fits = cutText(text, MAX_MESSAGE_BYTES);
  for (let most = fits.length; encodeURI(fits).length > MAX_MESSAGE_BYTES; ) {
    most = Math.floor((most * MAX_MESSAGE_BYTES) / encodeURI(fits).length);
    fits = cutText(text, most);
  }
  return fits;
}

export interface ErrorSource {
  /** Address that was called, named when the peer is not there. */
  address: string;
}

/**
 * Turns a failed call back into the FacetError that the peer threw (kind, reason, message, field, metadata), with its
 * address when the peer could not be reached; INTERNAL becomes a plain Error, which stays internal further up.
 */
export function fromGrpcError(error: unknown, { address }: ErrorSource): Error {
  if (isFacetError(error)) return error;
  if (!(error instanceof ClientError)) return error instanceof Error ? error : new Error(String(error));
  const kind = isBrokenConnection(error) ? 'unavailable' : kindOfStatus(error.code);
  if (kind === undefined)
    return new Error(`${error.path} at ${address} failed: ${error.details}`, { cause: error });
  const details = error instanceof RichClientError ? error.extra : [];
  const info = details.find((detail) => detail.$type === ErrorInfo.$type);
  if (info === undefined) return transportError(error, kind, address);
  const badRequest = details.find((detail) => detail.$type === BadRequest.$type);
  const field = badRequest?.fieldViolations[0]?.field;
  return new FacetError(kind, error.details, {
    cause: error,
    reason: info.reason,
    metadata: info.metadata,
    ...(field === undefined ? {} : { field }),
  });
}

/**
 * Whether the connection broke under a call, which grpc-js calls INTERNAL: a peer ends a connection, and every call on it,
 * when one of its callers has cancelled more than a thousand calls at once.
 */
function isBrokenConnection({ code, details }: ClientError): boolean {
  return code === Status.INTERNAL && /^Received RST_STREAM/.test(details);
}

/** An error that gRPC itself made: no Facet service answered. */
function transportError(error: ClientError, kind: FacetError['kind'], address: string): FacetError {
  if (error.code === Status.DEADLINE_EXCEEDED) return deadlineError(error.path, address, error);
  const message =
    kind === 'unavailable' ? `${address} is not reachable: ${error.details}` : `${address}: ${error.details}`;
  return new FacetError(kind, message, { cause: error, metadata: { address } });
}

/** The error of a call that the peer did not answer in time. */
export function deadlineError(path: string, address: string, cause?: unknown): FacetError {
  return new FacetError('unavailable', `${address} did not finish ${path} before the call's deadline`, {
    cause,
    reason: DEADLINE_EXCEEDED,
    metadata: { address },
  });
}
