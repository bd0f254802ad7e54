export {
  type BusEvent,
  type DeadLetter,
  type EventBus,
  JOB_KINDS,
  type Job,
  type JobKind,
  type LiveMessage,
  type Subscription,
  type WorkOptions,
} from './event-bus.ts';
export { type KeepQueuedOptions, keepQueued, type QueuedJob } from './keep-queued.ts';
export { isLasting, JOB_TAKEN_OVER } from './lasting-errors.ts';
export { MAX_PAYLOAD_BYTES } from './limits.ts';
export { createLiveChannel, type LiveChannel, type LiveSchema } from './live-channel.ts';
export { type EventBusOptions, openEventBus } from './open-event-bus.ts';
export { EVENT_AREAS } from './subjects.ts';
