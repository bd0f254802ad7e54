import { createLiveChannel, type EventBus, type LiveChannel } from '@facet/events';
import { z } from 'zod';
import { progressSchema, type RunProgress } from './records/run-record.ts';

/** Live messages about runs, by id, between the replicas of this service; none is kept. */
export interface LiveRuns {
  progress: LiveChannel<RunProgress>;
  /** Tells workers to stop a run. */
  cancels: LiveChannel<object>;
  /** Tells workers to interrupt a run. */
  pauses: LiveChannel<object>;
}

/** Binds live messages to a bus. */
export function createLiveRuns(bus: EventBus): LiveRuns {
  return {
    progress: createLiveChannel(bus, 'facet.training.progress', progressSchema),
    cancels: createLiveChannel(bus, 'facet.training.cancel', z.object({})),
    pauses: createLiveChannel(bus, 'facet.training.pause', z.object({})),
  };
}

/** The message that makes watchers read a run again, for it has ended or rests. */
export function endedProgress(uid: string, time: string): RunProgress {
  return { uid, time, stage: 'ended', done: 0, rate: 0 };
}
