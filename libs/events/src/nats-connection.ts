import { FacetError } from '@facet/errors';
import {
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
  const persistUntil =
    (stop?: AbortSignal) =>
    <T>(what: string, call: () => Promise<T>) =>
      retryFor(call, {
        timeoutMs: connectTimeoutMs,
        unavailable: (cause) => unavailable(`${what} within ${connectTimeoutMs / 1000} s`, cause),
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
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect' || type === 'close') connected = false;
      if (type === 'reconnect') connected = true;
    }
  })();
  const client = jetstream(connection, { timeout: REQUEST_TIMEOUT_MS });
  const manager = await openManager(connection, address, persistOpening);
  return {
    address,
    connection,
    client,
    manager,
    persist: persistUntil(),
    unavailable,
    connected: () => connected,
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
    if (!(error instanceof Error) || error.name !== 'JetStreamNotEnabled') throw error;
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
  signal: AbortSignal | undefined;
}

/** Calls until it succeeds, fails for good, `timeoutMs` have passed, or `signal` aborts. */
async function retryFor<T>(
  call: () => Promise<T>,
  { timeoutMs, unavailable, signal }: RetryOptions,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (let delayMs = FIRST_RETRY_MS; ; delayMs = Math.min(2 * delayMs, MAX_RETRY_MS)) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error)) throw error;
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
/** JetStream answers 5xx while it starts or elects a leader, and also when it cannot store a message. */
const FIRST_SERVER_ERROR = 500;
const STORE_FAILED = 10077;

/** Whether the error says that the server is not there now, rather than that it refuses. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (TRANSIENT_ERRORS.has(error.name)) return true;
  if (error instanceof JetStreamApiError)
    return error.status >= FIRST_SERVER_ERROR && error.code !== STORE_FAILED;
  return 'code' in error && typeof error.code === 'string' && error.code.startsWith('E');
}
