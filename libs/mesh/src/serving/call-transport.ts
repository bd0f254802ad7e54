import { AsyncLocalStorage } from 'node:async_hooks';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { FacetError } from '@facet/errors';
import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { deadlineError, toGrpcError } from '../errors/grpc-errors.ts';
import type { Logger } from '../process/logger.ts';
import { guardStatuses } from './guard-statuses.ts';
import { createReaderLag } from './reader-lag.ts';
import { REQUEST_ID_KEY, requestIdFrom } from './request-context.ts';
import { type StatusObject, toStatusObject } from './status-object.ts';

/** A call as its connection sees it: when it is over, whatever its handler does. */
export interface CallTransport {
  /** Id of the call: the caller's own if it sent one. */
  readonly requestId: string;
  /** Aborts as soon as the caller, its connection or its deadline is gone, or the call was ended. */
  readonly signal: AbortSignal;
  /**
   * How far the caller is behind, milliseconds: in reading, or in sending the next message of a stream that is waited
   * for; the call is ended at the idle limit.
   */
  readerLagMs(): number;
  /** Ends the call with `error`, also while its caller reads nothing; does nothing when it is over. */
  end(error: FacetError): void;
}

export interface WatchCallsOptions {
  /** Name of the service, for errors. */
  name: string;
  logger: Logger;
  /** Most that a caller may be behind in reading or sending, or time that its request may be unfinished, milliseconds. */
  idleMs: number;
}

const transports = new AsyncLocalStorage<CallTransport>();

/** The transport of the call that is being served; throws outside of one. */
export function currentTransport(): CallTransport {
  const transport = transports.getStore();
  if (transport === undefined) throw new Error('no call is being served here');
  return transport;
}

/**
 * Watches every call below nice-grpc. grpc-js tells of a cancellation once: to a handler that is not started yet it
 * tells nothing, starts it when the request is complete, and lets it wait for ever for a reader that is gone. Behind
 * this interceptor such a handler is not started, and the signal of one that was started always aborts.
 */
export function watchCalls(options: WatchCallsOptions): ServerInterceptor {
  return ({ path, requestStream }, call) => {
    guardStatuses(call, path, options.logger);
    return new WatchedCall(call, { ...options, path, requestStream });
  };
}

type NextCall = Parameters<ServerInterceptor>[1];
type Listener = Parameters<NextCall['start']>[0];

interface WatchedCallOptions extends WatchCallsOptions {
  path: string;
  /** Whether the request is a stream, which may pause. */
  requestStream: boolean;
}

/** One call, from its first frame until its HTTP/2 stream is closed. */
class WatchedCall extends ServerInterceptingCall implements CallTransport {
  requestId = '';
  readonly #options: WatchedCallOptions;
  readonly #stream: ServerHttp2Stream;
  readonly #over = new AbortController();
  readonly #lag = createReaderLag();
  #listener: Listener | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  /** The next message of a stream of requests is waited for since this time. */
  #askedMs: number | undefined;
  #requestTimer: NodeJS.Timeout | undefined;
  #deadlineTimer: NodeJS.Timeout | undefined;

  constructor(call: NextCall, options: WatchedCallOptions) {
    super(call);
    this.#options = options;
    this.#stream = http2StreamOf(call);
    this.#stream.once('close', () => this.#giveUp());
  }

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  readerLagMs(): number {
    const waitedMs = this.#askedMs === undefined ? 0 : performance.now() - this.#askedMs;
    return Math.max(this.#lag.ms(), waitedMs);
  }

  override startRead(): void {
    if (this.#options.requestStream && !this.signal.aborted) {
      const { path, idleMs } = this.#options;
      this.#askedMs = performance.now();
      clearTimeout(this.#requestTimer);
      this.#requestTimer = setTimeout(() => this.end(slowWriter(path, idleMs)), idleMs);
    }
    super.startRead();
  }

  override start(listener: Listener): void {
    this.#listener = listener;
    const inCall = (work: () => void) => transports.run(this, work);
    super.start({
      onReceiveMetadata: (metadata) => {
        this.requestId = requestIdFrom(metadata.get(REQUEST_ID_KEY)[0]?.toString());
        this.#startTimers();
        inCall(() => listener.onReceiveMetadata(metadata));
      },
      onReceiveMessage: (message) => {
        this.#stopAsking();
        listener.onReceiveMessage(message);
      },
      onReceiveHalfClose: () => {
        clearTimeout(this.#idleTimer);
        this.#stopAsking();
        if (!this.signal.aborted) inCall(() => listener.onReceiveHalfClose());
      },
      onCancel: () => this.#giveUp(),
    });
  }

  override sendMessage(message: unknown, callback: () => void): void {
    if (this.signal.aborted) return;
    this.#lag.offer();
    this.#expectWithin(this.#options.idleMs - this.#lag.ms(), slowReader);
    super.sendMessage(message, () => {
      clearTimeout(this.#idleTimer);
      this.#lag.take(bytes);
      callback();
    });
    // Messages come one at a time: what the stream holds now is this one.
    const bytes = this.#stream.writableLength;
  }

  override sendStatus(status: StatusObject): void {
    if (!this.signal.aborted) super.sendStatus(status);
  }

  end(error: FacetError): void {
    if (this.signal.aborted) return;
    const { name, idleMs } = this.#options;
    super.sendStatus(toStatusObject(toGrpcError(error, { service: name, requestId: this.requestId })));
    this.#giveUp(error);
    if (this.#stream.closed) return;
    // The status stands behind what the caller has not read; one that goes on reading nothing is cut off.
    const cut = setTimeout(() => this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM), idleMs);
    this.#stream.once('close', () => clearTimeout(cut));
  }

  /** Tells the handler, once, that nobody waits for it. */
  #giveUp(reason?: FacetError): void {
    clearTimeout(this.#idleTimer);
    clearTimeout(this.#deadlineTimer);
    this.#stopAsking();
    if (this.signal.aborted) return;
    this.#over.abort(reason);
    this.#listener?.onCancel();
  }

  #stopAsking(): void {
    this.#askedMs = undefined;
    clearTimeout(this.#requestTimer);
  }

  #startTimers(): void {
    const { name, path, requestStream, idleMs } = this.#options;
    if (!requestStream) this.#expectWithin(idleMs, incompleteRequest);
    // grpc-js tells a handler of the deadline only when the caller has read everything before it.
    const leftMs = Number(this.getDeadline()) - Date.now();
    if (leftMs < MAX_TIMER_MS)
      this.#deadlineTimer = setTimeout(() => this.end(deadlineError(path, name)), leftMs);
  }

  /** Ends the call when the time passes before the timer is cleared. */
  #expectWithin(ms: number, problem: (path: string, idleMs: number) => FacetError): void {
    const { path, idleMs } = this.#options;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.end(problem(path, idleMs)), ms);
  }
}

/** Longest wait of a timer, milliseconds: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The stream below a call: grpc-js keeps it private and has no other way to cut off a caller that reads nothing. */
function http2StreamOf(call: NextCall): ServerHttp2Stream {
  return (call as unknown as { stream: ServerHttp2Stream }).stream;
}

function slowReader(path: string, idleMs: number): FacetError {
  return new FacetError(
    'exhausted',
    `the caller of ${path} is ${idleMs} ms behind in reading, the most that a call waits for its reader; ` +
      'read without pauses, or ask for less at once',
    { reason: 'READER_TOO_SLOW', metadata: { idleMs: String(idleMs) } },
  );
}

function slowWriter(path: string, idleMs: number): FacetError {
  return new FacetError(
    'exhausted',
    `the next message of the request of ${path} did not come for ${idleMs} ms, the most that a call waits for its ` +
      'writer; send without pauses, and end the stream after the last message',
    { reason: 'WRITER_TOO_SLOW', metadata: { idleMs: String(idleMs) } },
  );
}

function incompleteRequest(path: string, idleMs: number): FacetError {
  return new FacetError(
    'exhausted',
    `the request of ${path} was not complete after ${idleMs} ms; send it at once`,
    { reason: 'REQUEST_INCOMPLETE', metadata: { idleMs: String(idleMs) } },
  );
}
