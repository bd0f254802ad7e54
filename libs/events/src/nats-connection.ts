import { FacetError } from '@facet/errors';
import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { pause } from './job-runner.ts';

/** First and longest pause between attempts to reach the server. */
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 2_000;
/** Pause between attempts to reconnect a connection that broke. */
const RECONNECT_WAIT_MS = 250;
/** An answer that takes longer counts as lost: NATS does not fail requests when the connection breaks. */
const REQUEST_TIMEOUT_MS = 1_000;

/** An open connection to a JetStream server. */
export interface NatsLink {
  /** Address without user and password, for messages. */
  readonly address: string;
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  /** Repeats `call` while the server does not answer, for at most the connect timeout; then throws `unavailable`. */
  persist<T>(what: string, call: () => Promise<T>): Promise<T>;
  /** The error of a server that does not answer. */
  unavailable(what: string, cause?: unknown): FacetError;
  /** Whether the server is connected now. */
  connected(): boolean;
  /** How often the connection was made again: since then the server may have lost what it held. */
  reconnects(): number;
  /** Calls `listener` after every such time, until `signal` aborts. */
  onReconnect(listener: () => void, signal: AbortSignal): void;
}

export interface NatsLinkOptions {
  /** How long a server that does not answer is tried, now and by each `persist`, milliseconds. */
  connectTimeoutMs: number;
  /** Stops the opening. */
  signal?: AbortSignal | undefined;
}

/** Connects to the server at `url`, trying again for `connectTimeoutMs`; throws `unavailable` naming the address. */
export async function openNatsLink(
  url: string,
  { connectTimeoutMs, signal }: NatsLinkOptions,
): Promise<NatsLink> {
  const address = url.replace(/\/\/[^/@\s]+@/g, '//');
  const unavailable = (what: string, cause?: unknown) =>
    new FacetError('unavailable', `${what}: no NATS server answers at ${address}`, {
      cause,
      reason: 'NATS_NOT_REACHABLE',
      metadata: { address },
    });
  let opened = false;
  const persistUntil =
    (stop?: AbortSignal) =>
    <T>(what: string, call: () => Promise<T>) =>
      retryFor(call, {
        timeoutMs: connectTimeoutMs,
        unavailable: (cause) => unavailable(`${what} within ${connectTimeoutMs / 1000} s`, cause),
        // A server that had JetStream when the link was opened is starting.
        transient: (error) => isTransient(error) || (opened && isNotEnabled(error)),
        signal: stop,
      });
  const persistOpening = persistUntil(signal);
  const connection = await persistOpening('cannot open the event bus', () =>
    dial(
      {
        servers: url.split(','),
        name: 'facet',
        timeout: REQUEST_TIMEOUT_MS,
        reconnectTimeWait: RECONNECT_WAIT_MS,
        maxReconnectAttempts: -1,
        noAsyncTraces: true,
      },
      address,
    ),
  );
  let connected = true;
  let reconnects = 0;
  const listeners = new Set<() => void>();
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect' || type === 'close') connected = false;
      if (type === 'reconnect') {
        connected = true;
        reconnects++;
        for (const listener of listeners) listener();
      }
    }
  })();
  const client = jetstream(connection, { timeout: REQUEST_TIMEOUT_MS });
  const manager = await openManager(connection, address, persistOpening);
  opened = true;
  return {
    address,
    connection,
    client,
    manager,
    persist: persistUntil(),
    unavailable,
    connected: () => connected,
    reconnects: () => reconnects,
    onReconnect: (listener, until) => {
      listeners.add(listener);
      until.addEventListener('abort', () => listeners.delete(listener), { once: true });
    },
  };
}

async function dial(options: NodeConnectionOptions, address: string): Promise<NatsConnection> {
  try {
    return await connect(options);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AuthorizationError') throw error;
    throw new FacetError(
      'precondition',
      `the NATS server at ${address} refuses the credentials: ${error.message}`,
      {
        cause: error,
        reason: 'NATS_REFUSED',
      },
    );
  }
}

async function openManager(
  connection: NatsConnection,
  address: string,
  persist: NatsLink['persist'],
): Promise<JetStreamManager> {
  try {
    return await persist('cannot use JetStream', () =>
      jetstreamManager(connection, { timeout: REQUEST_TIMEOUT_MS }),
    );
  } catch (error) {
    await connection.close();
    if (!isNotEnabled(error)) throw error;
    throw new FacetError(
      'precondition',
      `the NATS server at ${address} runs without JetStream; start it with -js`,
      {
        cause: error,
        reason: 'JETSTREAM_DISABLED',
      },
    );
  }
}

interface RetryOptions {
  timeoutMs: number;
  unavailable(cause: unknown): FacetError;
  transient(error: unknown): boolean;
  signal: AbortSignal | undefined;
}

/** Calls until it succeeds, fails for good, `timeoutMs` have passed, or `signal` aborts. */
async function retryFor<T>(
  call: () => Promise<T>,
  { timeoutMs, unavailable, transient, signal }: RetryOptions,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(2 * delayMs, MAX_RETRY_MS)) {
    try {
      return await call();
    } catch (error) {
      if (!transient(error)) throw error;
      if (signal?.aborted)
        throw new FacetError('cancelled', 'stopped while connecting to NATS', { cause: error });
      if (performance.now() + delayMs > deadlineMs) throw unavailable(error);
      await pause(delayMs, signal);
    }
  }
}

const TRANSIENT_ERRORS: ReadonlySet<string> = new Set([
  'ConnectionError',
  'NoResponders',
  'RequestError',
  'TimeoutError',
]);
/** Name of the error of a request that nobody takes: JetStream is starting, or has lost the stream. */
const NOT_ENABLED = 'JetStreamNotEnabled';
/** JetStream answers 5xx while it starts or elects a leader, and also when it cannot store a message. */
const FIRST_SERVER_ERROR = 500;
const STORE_FAILED = 10077;

/** Whether the server says that it has no such stream or consumer. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof JetStreamApiError &&
    (error.code === JetStreamApiCodes.StreamNotFound || error.code === JetStreamApiCodes.ConsumerNotFound)
  );
}

function isNotEnabled(error: unknown): boolean {
  return error instanceof Error && error.name === NOT_ENABLED;
}

/** The same link, with streams that the server has lost made again: what it persists in is then tried again. */
export function withRepair(link: NatsLink, repair: () => Promise<void>): NatsLink {
  const heal = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      if (!isMissing(error) && !isNotEnabled(error)) throw error;
      await repair();
      return call();
    }
  };
  return { ...link, persist: (what, call) => link.persist(what, () => heal(call)) };
}

/** Whether the error says that the server is not there now, rather than that it refuses. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (TRANSIENT_ERRORS.has(error.name)) return true;
  if (error instanceof JetStreamApiError)
    return error.status >= FIRST_SERVER_ERROR && error.code !== STORE_FAILED;
  return 'code' in error && typeof error.code === 'string' && error.code.startsWith('E');
}
