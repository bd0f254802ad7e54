import type { EventBus, Subscription } from '@facet/events';
import { PROGRESS_INTERVAL_MS } from './limits.ts';
import type { ProgressMeter } from './progress-meter.ts';
import { progressSchema, type RunProgress } from './run-record.ts';

/** Sends the progress of a run to whoever watches it, until it is stopped. */
export function broadcastProgress(bus: EventBus, uid: string, meter: ProgressMeter): { stop(): void } {
  const send = () => bus.broadcast(subjectOf(uid), Buffer.from(JSON.stringify(meter.read())));
  const timer = setInterval(send, PROGRESS_INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}

/** Listens to the worker of a run. */
export function listenToProgress(
  bus: EventBus,
  uid: string,
  signal: AbortSignal,
): Subscription<{ payload: Uint8Array }> {
  return bus.listen(subjectOf(uid), { signal });
}

/** Reads a progress message; undefined for one that is none. */
export function parseProgress(payload: Uint8Array): RunProgress | undefined {
  try {
    return progressSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch {
    return undefined;
  }
}

function subjectOf(uid: string): string {
  return `facet.feature.progress.${uid}`;
}
