import { FacetError, isFacetError } from '@facet/errors';
import type { CallContext, ServerMiddleware, ServerMiddlewareCall } from 'nice-grpc';
import { ServerError, Status } from 'nice-grpc-common';
import { deadlineError, statusOf, toGrpcError } from '../errors/grpc-errors.ts';
import { type LinkedSignal, linkSignals } from '../linked-signal.ts';
import type { Logger } from '../process/logger.ts';
import { RefusedRequest } from '../requests/served-definition.ts';
import { type CallTransport, currentTransport } from './call-transport.ts';
import { requireSmallMetadata } from './metadata-limit.ts';
import { generateWithRequest, REQUEST_ID_KEY } from './request-context.ts';

/** What handlers find in their context besides nice-grpc's own fields. */
export type ServedCallContext = Pick<CallTransport, 'requestId' | 'readerLagMs' | 'end'>;

export interface ServeCallsOptions {
  /** Name of the service, for errors. */
  name: string;
  logger: Logger;
  /** Time allowed to a unary call, milliseconds; a shorter deadline of the caller ends it earlier. */
  unaryDeadlineMs: number;
}

/**
 * The one middleware of every service: takes over or makes the request id, runs the handler as part of that request
 * with a signal that also ends at the deadline, stops a stream as soon as its caller is gone, turns what was thrown
 * into a status, and logs the call.
 */
export function serveCalls({
  name,
  logger,
  unaryDeadlineMs,
}: ServeCallsOptions): ServerMiddleware<ServedCallContext> {
  return async function* serveCall<Request, Response>(
    call: ServerMiddlewareCall<Request, Response, ServedCallContext>,
    context: CallContext,
  ) {
    const { path } = call.method;
    const transport = currentTransport();
    const { requestId } = transport;
    const unary = !call.requestStream && !call.responseStream;
    const lost = new AbortController();
    const signals = [transport.signal, context.signal, lost.signal];
    const linked = linkSignals(signals, unary ? unaryDeadlineMs : undefined);
    const seen: unknown[] = call.requestStream ? [] : [call.request];
    const outcome: CallOutcome = { path, requestId, startedMs: performance.now(), code: Status.CANCELLED };
    // In the trailer: a header sent before an error would keep the caller from trying again.
    context.trailer.set(REQUEST_ID_KEY, requestId);
    try {
      requireDecoded(call.request);
      requireSmallMetadata(context.metadata);
      const handled: HandledCall<Response> = handle(call, seen, {
        ...context,
        signal: linked.signal,
        requestId,
        readerLagMs: () => transport.readerLagMs(),
        end: (error) => transport.end(error),
      });
      const { signal } = linked;
      const request = { requestId, signal, fail: (error: unknown) => lost.abort(error) };
      const result = yield* generateWithRequest(request, handled, { signal, lost: lost.signal });
      outcome.code = linked.signal.aborted ? Status.CANCELLED : Status.OK;
      return result;
    } catch (thrown) {
      outcome.error = failureOf(thrown, { path, name, linked, lost: lost.signal });
      const status = toGrpcError(outcome.error, { service: name, requestId, request: seen });
      outcome.code = status.code;
      if (hasTriedItself(outcome.error)) context.trailer.set(RETRY_PUSHBACK_KEY, '-1');
      throw status;
    } finally {
      linked.dispose();
      logCall(logger, { ...outcome, ...endedBy(transport.signal.reason) });
    }
  };
}

/** Yields a stream's messages, or returns the one of a unary call. */
// biome-ignore lint/suspicious/noConfusingVoidType: nice-grpc's own type of a stream's return value
type HandledCall<Response> = AsyncGenerator<Response, Response | void, undefined>;

/** Calls the handler; a stream of requests ends with the error of the first message that is refused. */
function handle<Request, Response>(
  call: ServerMiddlewareCall<Request, Response, ServedCallContext>,
  seen: unknown[],
  context: CallContext & ServedCallContext,
): HandledCall<Response> {
  if (!call.requestStream) return call.next(call.request, context);
  const { request } = call;
  async function* decoded() {
    for await (const message of request) {
      requireDecoded(message);
      // What an error may repeat of a caller's words depends on them; texts stand at the head of a stream.
      if (seen.length < MAX_SEEN_MESSAGES) seen.push(message);
      yield message;
    }
  }
  return call.next(decoded(), context);
}

const MAX_SEEN_MESSAGES = 1;

function requireDecoded(received: unknown): void {
  if (received instanceof RefusedRequest) throw received.error;
}

/** gRPC's own way of telling a caller's channel when to try again; negative: not at all. */
const RETRY_PUSHBACK_KEY = 'grpc-retry-pushback-ms';

/**
 * Whether the error is that of a peer of this service, which was tried with backoff already: if callers' channels tried
 * again on top, the deadline would come before the message that names the peer's address.
 */
function hasTriedItself(error: unknown): boolean {
  return isFacetError(error) && error.kind === 'unavailable' && error.metadata.address !== undefined;
}

interface CallSignals {
  path: string;
  name: string;
  linked: LinkedSignal;
  lost: AbortSignal;
}

/** What ended a call whose handler threw, maybe only because it was told to end. */
function failureOf(thrown: unknown, { path, name, linked, lost }: CallSignals): unknown {
  if (lost.aborted) return lost.reason;
  if (linked.timedOut()) return deadlineError(path, name);
  if (!linked.signal.aborted) return thrown;
  return new FacetError('cancelled', 'the caller cancelled the call', { cause: thrown });
}

/** What was sent to the caller, where the call was ended below its handler. */
function endedBy(reason: unknown): Partial<CallOutcome> {
  return isFacetError(reason) ? { code: statusOf(reason), error: reason } : {};
}

interface CallOutcome {
  path: string;
  requestId: string;
  startedMs: number;
  code: Status;
  error?: unknown;
}

/** Calls of these services are logged at `debug`: probes would drown the rest. */
const QUIET_PATHS = ['/grpc.health.', '/grpc.reflection.'];

function logCall(logger: Logger, { path, requestId, startedMs, code, error }: CallOutcome): void {
  const line = {
    requestId,
    method: path.slice(1),
    code: Status[code],
    durationMs: Math.round((performance.now() - startedMs) * 10) / 10,
  };
  if (isBug(error)) logger.error({ ...line, err: error }, 'call failed');
  else if (code === Status.OK || code === Status.CANCELLED) {
    logger[QUIET_PATHS.some((quiet) => path.startsWith(quiet)) ? 'debug' : 'info'](line, 'call');
  } else logger.warn({ ...line, ...describe(error) }, 'call refused');
}

/** Whether the error is nobody's expectation: not one that a handler threw on purpose. */
function isBug(error: unknown): boolean {
  return error !== undefined && !isFacetError(error) && !(error instanceof ServerError);
}

function describe(error: unknown): Record<string, unknown> {
  if (!isFacetError(error)) return { error: String(error) };
  return {
    error: error.message,
    reason: error.reason,
    ...(error.cause === undefined ? {} : { err: error.cause }),
  };
}
