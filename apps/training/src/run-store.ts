import { createDocuments, type DocumentKind, type ObjectStore, writeJson } from '@facet/objects';
import {
  claimSchema,
  outcomeSchema,
  progressSchema,
  type Run,
  type RunClaim,
  type RunOutcome,
  type RunProgress,
  type RunRecord,
  type RunStart,
  runRecordSchema,
  startSchema,
} from './run-record.ts';

/**
 * The state of training runs in the object store. All documents but the progress are written once, so that services
 * and workers on any machine agree without locks.
 */
export interface RunStore {
  /** Writes a new run; `exists` where its id is taken. */
  create(record: RunRecord): Promise<void>;
  /** `not-found` where there is none. */
  record(id: string): Promise<RunRecord>;
  /** The run with everything known of it. */
  read(id: string): Promise<Run>;
  /** Ids in order. */
  ids(): Promise<string[]>;
  markStarted(id: string, start: RunStart): Promise<void>;
  writeProgress(id: string, progress: RunProgress): Promise<void>;
  /**
   * Decides between publishing and cancelling; returns the decision that holds, which may be an earlier one.
   */
  claim(id: string, claim: RunClaim): Promise<RunClaim>;
  /** Ends a run; returns the outcome that holds, which may be an earlier one. */
  end(id: string, outcome: RunOutcome): Promise<RunOutcome>;
  delete(id: string): Promise<void>;
}

const RUN: DocumentKind<RunRecord> = { file: 'run.json', schema: runRecordSchema };
const STARTED: DocumentKind<RunStart> = { file: 'started.json', schema: startSchema };
const PROGRESS: DocumentKind<RunProgress> = { file: 'progress.json', schema: progressSchema };
const CLAIM: DocumentKind<RunClaim> = { file: 'claim.json', schema: claimSchema };
const OUTCOME: DocumentKind<RunOutcome> = { file: 'outcome.json', schema: outcomeSchema };

/** Keeps training runs in `store`. */
export function createRunStore(store: ObjectStore): RunStore {
  const documents = createDocuments(store, { collection: 'trainingRuns', resourceType: 'TrainingRun' });
  const record = (id: string) => documents.require(id, RUN);
  return {
    create: (created) => documents.create(created.id, RUN, created),
    record,
    read: async (id) => ({
      record: await record(id),
      start: await documents.find(id, STARTED),
      progress: await documents.find(id, PROGRESS),
      outcome: await documents.find(id, OUTCOME),
    }),
    ids: documents.ids,
    markStarted: (id, start) => documents.writeOnce(id, STARTED, start),
    writeProgress: async (id, progress) => {
      await writeJson(store, documents.key(id, PROGRESS.file), progress);
    },
    claim: (id, claim) => documents.decide(id, CLAIM, claim),
    end: (id, outcome) => documents.decide(id, OUTCOME, outcome),
    delete: documents.delete,
  };
}
