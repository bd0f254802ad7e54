import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { FacetError } from '@facet/errors';
import { type Collection, formatName, newId } from './names.ts';

const MAX_REQUEST_ID_CHARS = 64;
const ID_HASH_CHARS = 16;

/** Checks the `request_id` of a Create request: at most 64 characters, empty where the caller gives none. */
export function parseRequestId(requestId: string): string {
  if (requestId.length <= MAX_REQUEST_ID_CHARS) return requestId;
  const message = `request_id has ${requestId.length} characters; at most ${MAX_REQUEST_ID_CHARS} are possible`;
  throw new FacetError('invalid', message, { field: 'request_id' });
}

/** Chooses the id of a resource whose caller named none: one id for one request id, else a fresh one. */
export function idOfRequest(prefix: string, requestId: string): string {
  if (requestId === '') return newId(prefix);
  return `${prefix}-${createHash('sha256').update(requestId).digest('hex').slice(0, ID_HASH_CHARS)}`;
}

/** What a Create request asked for. */
export interface CreateRequest {
  requestId: string;
  /** What the resource was made of, with every default filled in, as JSON keeps it. */
  content: unknown;
}

export interface NamedResource {
  collection: Collection;
  /** Name of its type, such as `TrainingRun`. */
  resourceType: string;
  id: string;
  /** Request field that the id came in. */
  idField: string;
}

/**
 * Decides what a Create request means that meets a resource of its id: returns where it is the request that made the
 * resource, sent again; throws `exists` where it is another one, or the same request id for other content.
 */
export function requireRepeated(
  { collection, resourceType, id, idField }: NamedResource,
  existing: CreateRequest,
  asked: CreateRequest,
): void {
  const name = formatName(collection, id);
  const isRepeated = asked.requestId !== '' && existing.requestId === asked.requestId;
  if (isRepeated && isDeepStrictEqual(asKept(existing.content), asKept(asked.content))) return;
  const message = isRepeated
    ? `${name} was made by the same request_id with another content; use a new request_id`
    : `${name} exists already; choose another id or delete it first`;
  throw new FacetError('exists', message, {
    field: isRepeated ? 'request_id' : idField,
    metadata: { resourceType, resourceName: name },
    ...(isRepeated && { reason: 'REQUEST_ID_REUSED' }),
  });
}

/** A value as it is read back from JSON: what is undefined is absent. */
function asKept(content: unknown): unknown {
  return content === undefined ? undefined : JSON.parse(JSON.stringify(content));
}
