import { createDocuments, type DocumentKind, type ObjectStore, writeJson } from '@facet/objects';
import { type CheckpointStore, createCheckpointStore } from './checkpoint-store.ts';
import { createRunControl, isPauseWanted, type RunControl } from './run-control.ts';
import { type RunLease, takeLease } from './run-lease.ts';
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
import { type RunMetrics, runMetricsSchema } from './training-metrics.ts';

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
  hasEnded(id: string): Promise<boolean>;
  markStarted(id: string, start: RunStart): Promise<void>;
  writeProgress(id: string, progress: RunProgress): Promise<void>;
  /**
   * Decides between publishing and cancelling; returns the decision that holds, which may be an earlier one.
   */
  claim(id: string, claim: RunClaim): Promise<RunClaim>;
  /** Pauses and resumes. */
  control(id: string): RunControl;
  /** Where its worker goes on from. */
  checkpoints(record: RunRecord): CheckpointStore;
  /** Takes the run over from every worker before. */
  takeLease(id: string, turn: { worker: string; step: number; attempt: number }): Promise<RunLease>;
  /** Whether a caller's cancellation came before any publication. */
  isCancelled(id: string): Promise<boolean>;
  /** Curves of one of the run's SAEs as far as they are kept; empty where none are. */
  metrics(id: string, member?: number): Promise<RunMetrics>;
  writeMetrics(id: string, metrics: RunMetrics, member?: number): Promise<void>;
  /** Ends a run; returns the outcome that holds, which may be an earlier one. */
  end(id: string, outcome: RunOutcome): Promise<RunOutcome>;
  delete(id: string): Promise<void>;
}

/** Whether a run has ended, or is paused and its worker, if there was one, has given it up. */
export function isResting({ outcome, start, pause }: Run): boolean {
  return outcome !== undefined || (isPauseWanted(pause) && (start === undefined || pause.answered));
}

const RUN: DocumentKind<RunRecord> = { file: 'run.json', schema: runRecordSchema };
const STARTED: DocumentKind<RunStart> = { file: 'started.json', schema: startSchema };
const PROGRESS: DocumentKind<RunProgress> = { file: 'progress.json', schema: progressSchema };
const METRICS: DocumentKind<RunMetrics> = { file: 'metrics.json', schema: runMetricsSchema };
const CLAIM: DocumentKind<RunClaim> = { file: 'claim.json', schema: claimSchema };
const OUTCOME: DocumentKind<RunOutcome> = { file: 'outcome.json', schema: outcomeSchema };

/** The document of one of several SAEs: `metrics.json` of the first, `metrics.1.json` of the second. */
function ofMember<T>({ file, schema }: DocumentKind<T>, member = 0): DocumentKind<T> {
  return { schema, file: member === 0 ? file : file.replace(/\.json$/, `.${member}.json`) };
}

/** Keeps training runs in `store`. */
export function createRunStore(store: ObjectStore): RunStore {
  const documents = createDocuments(store, { collection: 'trainingRuns', resourceType: 'TrainingRun' });
  const record = (id: string) => documents.require(id, RUN);
  const prefix = (id: string) => `trainingRuns/${id}`;
  const control = (id: string) => createRunControl(store, prefix(id));
  const checkpoints = ({ id, uid }: RunRecord) => createCheckpointStore(store, prefix(id), uid);
  return {
    create: (created) => documents.create(created.id, RUN, created),
    record,
    read: async (id) => {
      const found = await record(id);
      return {
        record: found,
        pause: await control(id).state(),
        checkpoint: await checkpoints(found).summary(),
        start: await documents.find(id, STARTED),
        progress: await documents.find(id, PROGRESS),
        outcome: await documents.find(id, OUTCOME),
      };
    },
    control,
    checkpoints,
    takeLease: (id, turn) => takeLease(store, prefix(id), turn),
    isCancelled: async (id) => (await documents.find(id, CLAIM))?.by === 'cancel',
    metrics: async (id, member) =>
      (await documents.find(id, ofMember(METRICS, member))) ?? { points: [], heldOutPoints: [] },
    writeMetrics: async (id, metrics, member) => {
      await writeJson(store, documents.key(id, ofMember(METRICS, member).file), metrics);
    },
    ids: documents.ids,
    hasEnded: async (id) => (await documents.find(id, OUTCOME)) !== undefined,
    markStarted: (id, start) => documents.writeOnce(id, STARTED, start),
    writeProgress: async (id, progress) => {
      await writeJson(store, documents.key(id, PROGRESS.file), progress);
    },
    claim: (id, claim) => documents.decide(id, CLAIM, claim),
    end: (id, outcome) => documents.decide(id, OUTCOME, outcome),
    delete: documents.delete,
  };
}
