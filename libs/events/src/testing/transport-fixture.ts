import { setTimeout as sleep } from 'node:timers/promises';
import type { EventBus, JobKind } from '../event-bus.ts';

/** Lease of deliveries in these tests. */
export const ACK_WAIT_MS = 600;

/** A worker that takes one job and keeps it until it is killed without a word. */
export interface DoomedWorker {
  /** Resolves with the id of the job it holds. */
  readonly taken: Promise<string>;
  kill(): Promise<void>;
}

/** One broker to which buses connect. */
export interface Transport {
  open(): Promise<EventBus>;
  startDoomedWorker(kind: JobKind): Promise<DoomedWorker>;
  close(): Promise<void>;
}

/** A payload. */
export const text = (value: string) => Buffer.from(value);

/** A payload's text. */
export const read = (payload: Uint8Array) => Buffer.from(payload).toString();

/** Takes the first `count` items of an iterable. */
export async function first<T>(iterable: AsyncIterable<T>, count: number): Promise<T[]> {
  const items: T[] = [];
  for await (const item of iterable) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
}

/** Waits for a condition that other code brings about. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not reached within ${timeoutMs} ms: ${condition}`);
    await sleep(20);
  }
}

let names = 0;
/** An id or token that no other test uses: the broker is shared. */
export const unique = (prefix: string) => `${prefix}-${process.pid}-${names++}`;

/** The transport that one spec runs against, and the buses that its current test opened. */
export interface Fixture {
  transport(): Transport;
  openBus(): Promise<EventBus>;
}

/** Opens the transport before all tests of the surrounding block and closes every bus after each. */
export function useTransport(openTransport: () => Promise<Transport>): Fixture {
  let transport: Transport;
  const open: EventBus[] = [];
  beforeAll(async () => {
    transport = await openTransport();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((bus) => bus.close()));
  });
  afterAll(async () => transport.close());
  return {
    transport: () => transport,
    openBus: async () => {
      const bus = await transport.open();
      open.push(bus);
      return bus;
    },
  };
}
