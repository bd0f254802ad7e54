import { deadline } from '@nats-io/transport-node';
import type { BusEvent, EventBus, JobKind, LiveMessage, Subscription, WorkOptions } from './event-bus.ts';
import { type RunningJobs, runJobs, stopSignals } from './job-runner.ts';
import { MAX_WAITING_LIVE_MESSAGES } from './limits.ts';
import { linkedSignal } from './linked-signal.ts';
import { createMessageQueue } from './message-queue.ts';
import { type NatsLink, openNatsLink, withRepair } from './nats-connection.ts';
import { publishEvent, subscribeFromNow } from './nats-events.ts';
import { enqueueJob, listDeadLetters, unqueuedJobs } from './nats-jobs.ts';
import { answerRollCalls, callTheRoll } from './nats-roll-call.ts';
import { createNatsSource, type NatsSource } from './nats-source.ts';
import { EVENTS_STREAM, ensureStreams, eventConsumer, JOBS_STREAM, jobConsumer } from './nats-streams.ts';
import { checkDurable, checkFilter, checkId, checkKind, checkPayload, checkSubject } from './subjects.ts';

export interface NatsEventBusOptions {
  url: string;
  ackWaitMs: number;
  connectTimeoutMs: number;
  drainMs: number;
  replicas: number;
  signal?: AbortSignal | undefined;
}

/** How long `health` waits for an answer. */
const HEALTH_TIMEOUT_MS = 2_000;
/** How long one attempt to listen waits for an answer: NATS itself waits until the server is back. */
const FLUSH_TIMEOUT_MS = 1_000;
/** Live messages go over plain NATS, below a token that no stream stores. */
const LIVE_PREFIX = 'facet.live.';
const SUBJECT_PREFIX = 'facet.';

/** Opens a bus on NATS JetStream and prepares its streams; those that the server loses are made again when they are needed. */
export async function openNatsEventBus(options: NatsEventBusOptions): Promise<EventBus> {
  const { url, ackWaitMs, connectTimeoutMs, drainMs, replicas, signal } = options;
  const opened = await openNatsLink(url, { connectTimeoutMs, signal });
  const repair = () => ensureStreams(opened, replicas);
  await repair().catch(async (error: unknown) => {
    await opened.connection.close();
    throw error;
  });
  const link = withRepair(opened, repair);
  const closing = new AbortController();
  const workers = new Set<Promise<void>>();
  const until = (signal: AbortSignal | undefined) => linkedSignal([closing.signal, signal]);

  const work = async (
    kind: JobKind,
    handler: Parameters<EventBus['work']>[1],
    workOptions: WorkOptions = {},
  ) => {
    const consumer = jobConsumer(checkKind(kind), ackWaitMs);
    const source = createNatsSource(link, { stream: JOBS_STREAM, consumer, ackWaitMs, repair });
    const signals = stopSignals(workOptions.signal, closing.signal, drainMs);
    const running: RunningJobs = new Map();
    const beSilent = answerRollCalls(link, kind, running);
    const working = runJobs(source, handler, { ...workOptions, signals, running }).finally(() => {
      beSilent();
      signals.dispose();
    });
    workers.add(working);
    await working.finally(() => workers.delete(working));
  };

  return {
    publish: async (subject, payload, { id }) =>
      publishEvent(link, checkSubject(subject), checkPayload(payload, subject), checkId(id)),
    subscribe: (filter, { durable, signal } = {}) => {
      checkFilter(filter);
      if (durable === undefined) return subscribeFromNow(link, filter, until(signal));
      const consumer = eventConsumer(checkDurable(durable), filter, ackWaitMs);
      return readShared(
        createNatsSource(link, { stream: EVENTS_STREAM, consumer, ackWaitMs, repair }),
        until(signal),
      );
    },
    broadcast: (subject, payload) => {
      const live = LIVE_PREFIX + checkSubject(subject).slice(SUBJECT_PREFIX.length);
      if (link.connected()) link.connection.publish(live, checkPayload(payload, subject));
    },
    listen: (filter, { signal } = {}) => listen(link, checkFilter(filter), until(signal)),
    enqueue: async (kind, { id, payload }) =>
      enqueueJob(link, checkKind(kind), { id: checkId(id), payload: checkPayload(payload, `job ${id}`) }),
    work,
    lost: async (kind, ids) => {
      const unqueued = await unqueuedJobs(link, checkKind(kind), ids);
      if (unqueued.length === 0) return [];
      const running = await callTheRoll(link, kind);
      return unqueued.filter((id) => !running.has(id));
    },
    queueDepth: async (kind) => {
      const { name, ...config } = { name: JOBS_STREAM, ...jobConsumer(checkKind(kind), ackWaitMs) };
      const info = await link.persist('cannot read the queue', () =>
        link.manager.consumers.add(name, config),
      );
      return { pending: info.num_pending, active: info.num_ack_pending };
    },
    deadLetters: (kind) => listDeadLetters(link, checkKind(kind)),
    health: () => checkHealth(link),
    close: async () => {
      closing.abort();
      await Promise.allSettled(workers);
      await link.connection.close();
    },
  };
}

/** Reads a consumer that all subscribers of one name share. */
function readShared(source: NatsSource, signal: AbortSignal): Subscription<BusEvent> {
  async function* read(): AsyncGenerator<BusEvent, void, undefined> {
    while (!signal.aborted) {
      const delivery = await source.take(signal);
      if (delivery !== undefined)
        yield { ...delivery.event, ack: () => void delivery.ack().catch(() => undefined) };
    }
  }
  return { ready: Promise.resolve(), [Symbol.asyncIterator]: read };
}

function listen(link: NatsLink, filter: string, signal: AbortSignal): Subscription<LiveMessage> {
  const { connection, persist } = link;
  const queue = createMessageQueue<LiveMessage>({
    limit: MAX_WAITING_LIVE_MESSAGES,
    signal,
    onEnd: () => subscription?.unsubscribe(),
  });
  const subscription = signal.aborted
    ? undefined
    : connection.subscribe(LIVE_PREFIX + filter.slice(SUBJECT_PREFIX.length), {
        callback: (error, { subject, data }) => {
          if (error === null)
            queue.push({ subject: SUBJECT_PREFIX + subject.slice(LIVE_PREFIX.length), payload: data });
        },
      });
  const ready = persist('cannot listen to live messages', () =>
    deadline(connection.flush(), FLUSH_TIMEOUT_MS),
  );
  // Few wait for it, and nobody must be ended by a server that goes away meanwhile.
  ready.catch(() => undefined);
  return { ready, [Symbol.asyncIterator]: () => queue[Symbol.asyncIterator]() };
}

async function checkHealth({ connection, unavailable, connected }: NatsLink): Promise<void> {
  const unhealthy = (cause?: unknown) => unavailable('the event bus is not healthy', cause);
  if (!connected() || connection.isClosed()) throw unhealthy();
  const late = AbortSignal.timeout(HEALTH_TIMEOUT_MS);
  await new Promise<void>((resolve, reject) => {
    late.addEventListener('abort', () => reject(unhealthy()), { once: true });
    connection.flush().then(resolve, (error) => reject(unhealthy(error)));
  });
}
