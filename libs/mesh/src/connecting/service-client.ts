import { FacetError } from '@facet/errors';
import {
  type CallOptions,
  type Client,
  type ClientMiddleware,
  type ClientMiddlewareCall,
  createClientFactory,
} from 'nice-grpc';
import { Metadata } from 'nice-grpc-common';
import { errorDetailsClientMiddleware } from 'nice-grpc-error-details';
import { deadlineError, fromGrpcError } from '../errors/grpc-errors.ts';
import { type LinkedSignal, linkSignals } from '../linked-signal.ts';
import { requireSmallMetadata } from '../serving/metadata-limit.ts';
import { currentRequest, REQUEST_ID_KEY, requestIdFrom } from '../serving/request-context.ts';
import type { ServiceDefinition } from '../serving/service-definition.ts';
import type { Connection } from './connect.ts';

export interface DeadlineOptions {
  /** Time allowed for the whole call, milliseconds. @default the client's */
  deadlineMs?: number;
}

export interface ServiceClientOptions {
  /** Deadline of unary calls, milliseconds. @default 30000 */
  deadlineMs?: number;
  /** Deadline of streams, milliseconds. @default none: a stream ends with its signal */
  streamDeadlineMs?: number;
}

/** A typed client whose calls take `{signal, deadlineMs, metadata}` besides the request and throw FacetErrors. */
export type ServiceClient<S extends ServiceDefinition> = Client<S, DeadlineOptions>;

const DEFAULT_DEADLINE_MS = 30_000;

/**
 * Creates a client for `definition` on a connection. Every call waits a bounded time for the connection, carries the
 * request id of the call being served and its deadline, and throws the FacetError that the peer threw.
 */
export function createServiceClient<S extends ServiceDefinition>(
  definition: S,
  connection: Connection,
  options: ServiceClientOptions = {},
): ServiceClient<S> {
  return createClientFactory()
    .use(errorDetailsClientMiddleware)
    .use(facetCalls(definition, connection, options))
    .create(definition, connection.channel(definition));
}

function facetCalls(
  definition: ServiceDefinition,
  connection: Connection,
  { deadlineMs = DEFAULT_DEADLINE_MS, streamDeadlineMs }: ServiceClientOptions,
): ClientMiddleware<DeadlineOptions> {
  return async function* facetCall<Request, Response>(
    call: ClientMiddlewareCall<Request, Response>,
    options: CallOptions & DeadlineOptions,
  ) {
    const streaming = call.requestStream || call.responseStream;
    const timeoutMs = options.deadlineMs ?? (streaming ? streamDeadlineMs : deadlineMs);
    const linked = linkSignals([options.signal], timeoutMs);
    try {
      await connection.ready(definition, linked.signal);
      const metadata = callMetadata(options.metadata, timeoutMs);
      requireSmallMetadata(metadata);
      return yield* call.next(call.request, { ...options, metadata, signal: linked.signal });
    } catch (error) {
      throw callError(error, call.method.path, { address: connection.address, linked });
    } finally {
      linked.dispose();
    }
  };
}

/** The metadata of one call: the caller's own, the request id, and gRPC's own deadline header. */
function callMetadata(given: Metadata | undefined, timeoutMs: number | undefined): Metadata {
  const metadata = Metadata(given);
  if (!metadata.has(REQUEST_ID_KEY)) metadata.set(REQUEST_ID_KEY, requestIdFrom(currentRequest()?.requestId));
  if (timeoutMs !== undefined) metadata.set('grpc-timeout', `${Math.max(1, Math.ceil(timeoutMs))}m`);
  return metadata;
}

function callError(
  error: unknown,
  path: string,
  { address, linked }: { address: string; linked: LinkedSignal },
): Error {
  // A caller's own signal can be a deadline too: AbortSignal.timeout.
  const isLate = linked.timedOut() || (linked.signal.reason as Error | undefined)?.name === 'TimeoutError';
  if (isLate) return deadlineError(path, address, error);
  if (linked.signal.aborted)
    return new FacetError('cancelled', `the call of ${path} was cancelled`, { cause: error });
  return fromGrpcError(error, { address });
}
