import { createMemoryBroker, createMemoryEventBus } from './memory-event-bus.ts';
import { openEventBus } from './open-event-bus.ts';
import { describeEventBus } from './testing/event-bus-contract.ts';
import { ACK_WAIT_MS, type Transport } from './testing/transport-fixture.ts';

async function openMemoryTransport(): Promise<Transport> {
  const broker = createMemoryBroker();
  const options = { ackWaitMs: ACK_WAIT_MS, drainMs: 5_000 };
  return {
    open: async () => createMemoryEventBus(broker, options),
    startDoomedWorker: async (kind) => {
      const bus = createMemoryEventBus(broker, { ...options, drainMs: 0 });
      const taken = new Promise<string>((resolve) => {
        const holdForEver = ({ id, signal }: { id: string; signal: AbortSignal }) => {
          resolve(id);
          return new Promise<void>((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason)),
          );
        };
        void bus.work(kind, holdForEver).catch(() => undefined);
      });
      return {
        taken,
        kill: async () => {
          bus.abandon();
          await bus.close();
        },
      };
    },
    close: async () => {},
  };
}

describeEventBus('memory', openMemoryTransport);

describe('openEventBus', () => {
  test('refuses a URL of another scheme', async () => {
    await expect(openEventBus({ url: 'amqp://host' })).rejects.toMatchObject({
      kind: 'invalid',
      reason: 'EVENTS_URL_INVALID',
    });
  });
});
