import type { EventBus } from '@facet/events';
import type { Logger } from '@facet/mesh';
import type { ObjectStore } from '@facet/objects';
import type { Inference } from './capturing/inference.ts';
import type { SetStore } from './sets/set-store.ts';

/** What everything in this service works with. */
export interface CaptureContext {
  store: ObjectStore;
  sets: SetStore;
  bus: EventBus;
  inference: Inference;
  logger: Logger;
  now: () => Date;
  /** Folders outside of which no corpus is read. */
  corpusRoots: readonly string[];
  /** Name of this process in commit records. */
  workerId: string;
  /** Tokens of one request to inference. */
  requestTokens: number;
}
