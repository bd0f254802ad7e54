import type { EventBus, LiveMessage, Subscription } from '@facet/events';
import { progressSchema, type RunProgress } from './run-record.ts';

/** Live messages about runs between the replicas of this service; none is kept. */
export interface LiveRuns {
  broadcastProgress(id: string, progress: RunProgress): void;
  /** Tells workers to stop a run. */
  broadcastCancel(id: string): void;
  progress(id: string, signal: AbortSignal): Subscription<LiveMessage>;
  cancels(id: string, signal: AbortSignal): Subscription<LiveMessage>;
}

/** Binds live messages to a bus; subjects carry the run id in hexadecimal, for it may hold dots. */
export function createLiveRuns(bus: EventBus): LiveRuns {
  const subject = (id: string, what: string) =>
    `facet.training.run.${Buffer.from(id).toString('hex')}.${what}`;
  return {
    broadcastProgress: (id, progress) => {
      bus.broadcast(subject(id, 'progress'), Buffer.from(JSON.stringify(progress)));
    },
    broadcastCancel: (id) => bus.broadcast(subject(id, 'cancel'), new Uint8Array(0)),
    progress: (id, signal) => bus.listen(subject(id, 'progress'), { signal }),
    cancels: (id, signal) => bus.listen(subject(id, 'cancel'), { signal }),
  };
}

/** Reads a live message; undefined for one that another version of this service sent. */
export function parseProgress({ payload }: LiveMessage): RunProgress | undefined {
  try {
    return progressSchema.safeParse(JSON.parse(Buffer.from(payload).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
