import { isFacetError } from '@facet/errors';
import { openEventBus } from '@facet/events';
import { createLogger } from '@facet/mesh';
import { openObjectStore } from '@facet/objects';
import { answerTasks } from '@facet/objects/testing';
import type { CaptureContext } from '../capture-context.ts';
import { capturePartition } from '../capturing/capture-partition.ts';
import type { SetRecord } from '../sets/set-record.ts';
import { createSetStore } from '../sets/set-store.ts';

/** What a racing process captures: every partition by a caller of its own, at once. */
export interface CaptureTask {
  url: string;
  record: SetRecord;
  partitions: number[];
  /** All activations: as if the process ran on a machine that calculates otherwise. */
  value: number;
}

/** "ok", or the kind and the reason of the error. */
export type CaptureAnswer = string;

const bus = openEventBus({ url: 'memory:' });

/** A process for tests: a worker that captures partitions of a set that another captures too. */
answerTasks(async ({ url, record, partitions, value }: CaptureTask): Promise<CaptureAnswer[]> => {
  const context = await contextOf(url, value);
  const signal = new AbortController().signal;
  return Promise.all(
    partitions.map((partition) =>
      capturePartition(context, record, { partition, attempt: 1, signal }).then(
        () => 'ok',
        (error) => {
          if (isFacetError(error)) return `${error.kind} ${error.reason}`;
          throw error;
        },
      ),
    ),
  );
});

async function contextOf(url: string, value: number): Promise<CaptureContext> {
  const store = openObjectStore(url);
  const unused = () => Promise.reject(new Error('partitions are computed, nothing else'));
  return {
    store,
    sets: createSetStore(store),
    bus: await bus,
    inference: {
      model: unused,
      tokenize: unused,
      tokenText: unused,
      activations: async (_question, into) => {
        new Float32Array(into.buffer, into.byteOffset, into.byteLength / 4).fill(value);
      },
    },
    logger: createLogger({ service: 'capture', level: 'silent' }),
    now: () => new Date(),
    corpusRoots: [],
    workerId: `process ${process.pid}`,
    requestTokens: 64,
  };
}
