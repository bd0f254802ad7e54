export {
  type BusEvent,
  type DeadLetter,
  type EventBus,
  JOB_KINDS,
  type Job,
  type JobKind,
  type LiveMessage,
  MAX_PAYLOAD_BYTES,
  type Subscription,
  type WorkOptions,
} from './event-bus.ts';
export { type EventBusOptions, openEventBus } from './open-event-bus.ts';
export { EVENT_AREAS } from './subjects.ts';
