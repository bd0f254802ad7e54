import { createDocuments, type DocumentKind, type ObjectStore } from '@facet/objects';
import { z } from 'zod';
import {
  outcomeSchema,
  type RunOutcome,
  type RunRecord,
  type RunStart,
  runRecordSchema,
  startSchema,
} from './run-record.ts';

/** The state of indexing runs in the object store: documents that are written once, so that all processes agree. */
export interface RunStore {
  /** Writes a new run; `exists` where its id is taken. */
  create(record: RunRecord): Promise<void>;
  /** `not-found` where there is none. */
  read(id: string): Promise<RunRecord>;
  /** Ids in order. */
  ids(): Promise<string[]>;
  /** Removes a run that was never queued, unless another one has its id by now. */
  delete(run: Pick<RunRecord, 'id' | 'uid'>): Promise<void>;
  markStarted(id: string, start: RunStart): Promise<void>;
  started(id: string): Promise<RunStart | undefined>;
  /** Ends a run; returns the outcome that holds, which may be an earlier one. */
  decide(id: string, outcome: RunOutcome): Promise<RunOutcome>;
  outcome(id: string): Promise<RunOutcome | undefined>;
  /** Records that what follows from the outcome is done: the index is seen. */
  markSettled(id: string): Promise<void>;
  settled(id: string): Promise<boolean>;
}

const RUN: DocumentKind<RunRecord> = { file: 'run.json', schema: runRecordSchema };
const STARTED: DocumentKind<RunStart> = { file: 'started.json', schema: startSchema };
const OUTCOME: DocumentKind<RunOutcome> = { file: 'outcome.json', schema: outcomeSchema };
const SETTLED: DocumentKind<object> = { file: 'settled.json', schema: z.object({}) };

/** Keeps indexing runs in `store`. */
export function createRunStore(store: ObjectStore): RunStore {
  const documents = createDocuments(store, { collection: 'indexingRuns', resourceType: 'IndexingRun' });
  return {
    create: (record) => documents.create(record.id, RUN, record),
    read: (id) => documents.require(id, RUN),
    ids: documents.ids,
    delete: async ({ id, uid }) => {
      await documents.deleteOwn(id, RUN, {
        isMeant: (found) => found.uid === uid,
        last: [OUTCOME.file, SETTLED.file],
      });
    },
    markStarted: (id, start) => documents.writeOnce(id, STARTED, start),
    started: (id) => documents.find(id, STARTED),
    decide: (id, outcome) => documents.decide(id, OUTCOME, outcome),
    outcome: (id) => documents.find(id, OUTCOME),
    markSettled: (id) => documents.writeOnce(id, SETTLED, {}),
    settled: async (id) => (await documents.find(id, SETTLED)) !== undefined,
  };
}
