import type { JobKind } from '../event-bus.ts';
import { openEventBus } from '../open-event-bus.ts';

/** A process for tests: takes one job, says its id and keeps it until it is killed. Arguments: URL, kind, ackWaitMs. */
const [url = '', kind = '', ackWaitMs = ''] = process.argv.slice(2);
const bus = await openEventBus({ url, ackWaitMs: Number(ackWaitMs) });
await bus.work(kind as JobKind, ({ id }) => {
  process.stdout.write(`${id}\n`);
  return new Promise(() => setInterval(() => {}, 60_000));
});
