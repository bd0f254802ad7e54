import { FacetError } from '@facet/errors';

/** Largest payload of an event or job, bytes: they carry references, never tensors. */
export const MAX_PAYLOAD_BYTES = 1_000_000;
/** An event id published again within this time counts once. */
export const DEDUPLICATION_MS = 10 * 60_000;
/** Live messages that wait for a slow listener; the oldest are dropped beyond. */
export const MAX_WAITING_LIVE_MESSAGES = 1_000;
/** Jobs that a broker holds, waiting or running. */
export const MAX_QUEUED_JOBS = 100_000;

/** The error of a queue at its limit. */
export function queueFull(): FacetError {
  return new FacetError(
    'exhausted',
    `the queue holds ${MAX_QUEUED_JOBS} jobs; wait until workers have caught up`,
    {
      reason: 'QUEUE_FULL',
    },
  );
}
