import type { EventBus, JobKind } from './event-bus.ts';
import { runJobs, stopSignals } from './job-runner.ts';
import { linkedSignal } from './linked-signal.ts';
import { createMemoryLog, type MemoryLog } from './memory-log.ts';
import { createMemoryQueue, type MemoryQueue } from './memory-queue.ts';
import { checkDurable, checkFilter, checkId, checkKind, checkPayload, checkSubject } from './subjects.ts';

/** What the buses of one process share. */
export interface MemoryBroker {
  readonly log: MemoryLog;
  readonly queues: Readonly<Record<JobKind, MemoryQueue>>;
}

/** Creates the shared state of an in-process transport. */
export function createMemoryBroker(): MemoryBroker {
  return {
    log: createMemoryLog(),
    queues: { capture: createMemoryQueue(), train: createMemoryQueue(), index: createMemoryQueue() },
  };
}

export interface MemoryEventBusOptions {
  ackWaitMs: number;
  drainMs: number;
}

/** A bus in this process. */
export interface MemoryEventBus extends EventBus {
  /** Behaves from now on like a process that was killed: nothing it holds is acknowledged or extended. */
  abandon(): void;
}

/** Connects a bus to a broker; buses of one broker see each other's events and jobs. */
export function createMemoryEventBus(
  broker: MemoryBroker,
  { ackWaitMs, drainMs }: MemoryEventBusOptions,
): MemoryEventBus {
  const closing = new AbortController();
  const workers = new Set<Promise<void>>();
  let connected = true;
  const until = (signal: AbortSignal | undefined) => linkedSignal([closing.signal, signal]);
  return {
    publish: async (subject, payload, { id }) => {
      broker.log.publish({
        subject: checkSubject(subject),
        payload: copy(payload, subject),
        id: checkId(id),
      });
    },
    subscribe: (filter, { durable, signal } = {}) => {
      if (durable !== undefined) checkDurable(durable);
      return broker.log.subscribe(checkFilter(filter), { durable, signal: until(signal), ackWaitMs });
    },
    broadcast: (subject, payload) => {
      broker.log.broadcast({ subject: checkSubject(subject), payload: copy(payload, subject) });
    },
    listen: (filter, { signal } = {}) => broker.log.listen(checkFilter(filter), until(signal)),
    enqueue: async (kind, { id, payload }) => {
      broker.queues[checkKind(kind)].enqueue(checkId(id), copy(payload, `job ${id}`));
    },
    work: async (kind, handler, options = {}) => {
      const signals = stopSignals(options.signal, closing.signal, drainMs);
      const source = broker.queues[checkKind(kind)].source(ackWaitMs, () => connected);
      const working = runJobs(source, handler, { ...options, signals, running: new Map() }).finally(
        signals.dispose,
      );
      workers.add(working);
      await working.finally(() => workers.delete(working));
    },
    lost: async (kind, ids) => ids.filter((id) => !broker.queues[checkKind(kind)].has(id)),
    queueDepth: async (kind) => broker.queues[checkKind(kind)].depth(),
    deadLetters: async (kind) => broker.queues[checkKind(kind)].deadLetters(),
    health: async () => {},
    close: async () => {
      closing.abort();
      await Promise.allSettled(workers);
    },
    abandon: () => {
      connected = false;
    },
  };
}

/** A payload of its own, as a network would make it. */
function copy(payload: Uint8Array, what: string): Uint8Array {
  return Uint8Array.from(checkPayload(payload, what));
}
