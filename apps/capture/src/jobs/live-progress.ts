import { createLiveChannel, type EventBus, type LiveChannel } from '@facet/events';
import { z } from 'zod';

const schema = z.object({ partition: z.number(), rows: z.number() });

/**
 * Rows that a worker has captured of a partition that is not committed yet, or a change that needs a fresh look.
 */
export type LiveProgress = z.infer<typeof schema>;

/** What workers tell whoever watches a set, by the set's uid. */
export function liveProgress(bus: EventBus): LiveChannel<LiveProgress> {
  return createLiveChannel(bus, 'facet.activation.progress', schema);
}
