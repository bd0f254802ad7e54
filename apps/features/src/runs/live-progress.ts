import { createLiveChannel, type EventBus, type LiveChannel } from '@facet/events';
import { PROGRESS_INTERVAL_MS } from '../limits.ts';
import type { ProgressMeter } from './progress-meter.ts';
import { progressSchema, type RunProgress } from './run-record.ts';

/** What the worker of a run tells whoever watches it, by the run's uid. */
export function liveProgress(bus: EventBus): LiveChannel<RunProgress> {
  return createLiveChannel(bus, 'facet.feature.progress', progressSchema);
}

/** Sends the progress of a run to whoever watches it, until it is stopped. */
export function reportProgress(bus: EventBus, uid: string, meter: ProgressMeter): { stop(): void } {
  const live = liveProgress(bus);
  const timer = setInterval(() => live.send(uid, meter.read()), PROGRESS_INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}
