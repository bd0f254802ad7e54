import {
  absentAsUndefined,
  createDocuments,
  type DocumentKind,
  type ObjectStore,
  writeJson,
} from '@facet/objects';
import { z } from 'zod';
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
  /** Whether a caller's cancellation came before any publication, or the run was deleted. */
  isCancelled(run: RunIdentity): Promise<boolean>;
  /** Curves of one of the run's SAEs as far as they are kept; empty where none are. */
  metrics(id: string, member?: number): Promise<RunMetrics>;
  /** Keeps curves; those of a worker of a later epoch, or of another run of this id, stay or are replaced. */
  writeMetrics(run: RunIdentity, kept: KeptCurves): Promise<void>;
  /** Ends a run; returns the outcome that holds, which may be an earlier one. */
  end(id: string, outcome: RunOutcome): Promise<RunOutcome>;
  /** Removes a run unless another one has its id by now; of several callers at once one does. False where it is gone. */
  delete(run: RunIdentity): Promise<boolean>;
}

/** Tells a run from an earlier or later one of its id. */
export type RunIdentity = Pick<RunRecord, 'id' | 'uid'>;

interface Turn {
  uid: string;
  /** Of the lease under which it was written. */
  epoch: number;
}

export interface KeptCurves {
  metrics: RunMetrics;
  member: number;
  epoch: number;
}

/** Whether a run has ended, or is paused and its worker, if there was one, has given it up. */
export function isResting({ outcome, start, pause }: Run): boolean {
  return outcome !== undefined || (isPauseWanted(pause) && (start === undefined || pause.answered));
}

const RUN: DocumentKind<RunRecord> = { file: 'run.json', schema: runRecordSchema };
const STARTED: DocumentKind<RunStart> = { file: 'started.json', schema: startSchema };
const PROGRESS: DocumentKind<RunProgress> = { file: 'progress.json', schema: progressSchema };
/** With the turn of its writer; the version before kept neither. */
const METRICS: DocumentKind<RunMetrics & Partial<Turn>> = {
  file: 'metrics.json',
  schema: runMetricsSchema.extend({ uid: z.string().optional(), epoch: z.number().optional() }),
};
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
  const stands = async ({ id, uid }: RunIdentity) => (await absentAsUndefined(() => record(id)))?.uid === uid;
  /** What the worker of a deleted run has written since is not of the one that has its id now. */
  const findOwn = async <T extends { uid: string }>(run: RunIdentity, kind: DocumentKind<T>) => {
    const found = await documents.find(run.id, kind);
    return found?.uid === run.uid ? found : undefined;
  };
  /** The first that is of this run holds; for a run that was deleted, nothing is written. */
  const decideOwn = async <T extends { uid: string }>(id: string, kind: DocumentKind<T>, value: T) => {
    if (!(await stands({ id, uid: value.uid }))) return value;
    const held = await documents.decide(id, kind, value);
    if (held.uid === value.uid) return held;
    const isOwn = (current: T | undefined): current is T => current?.uid === value.uid;
    const updated = await documents.update(id, kind, (current) =>
      isOwn(current?.value) ? current.value : value,
    );
    return updated.value;
  };
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
        start: await findOwn(found, STARTED),
        progress: await findOwn(found, PROGRESS),
        outcome: await findOwn(found, OUTCOME),
      };
    },
    control,
    checkpoints,
    takeLease: (id, turn) => takeLease(store, prefix(id), turn),
    isCancelled: async (run) => !(await stands(run)) || (await findOwn(run, CLAIM))?.by === 'cancel',
    metrics: async (id, member) => {
      const kept = await documents.find(id, ofMember(METRICS, member));
      const isOwn = kept && (kept.uid === undefined || (await stands({ id, uid: kept.uid })));
      return isOwn ? runMetricsSchema.parse(kept) : { points: [], heldOutPoints: [] };
    },
    writeMetrics: async ({ id, uid }, { metrics, member, epoch }) => {
      if (!(await stands({ id, uid }))) return;
      const own = { ...metrics, uid, epoch };
      const isLater = (current: Partial<Turn> | undefined) =>
        current?.uid === uid && (current?.epoch ?? 0) > epoch;
      await documents.update(id, ofMember(METRICS, member), (current) =>
        current && isLater(current.value) ? current.value : own,
      );
    },
    ids: documents.ids,
    hasEnded: async (id) => {
      const found = await absentAsUndefined(() => record(id));
      return found === undefined || (await findOwn(found, OUTCOME)) !== undefined;
    },
    markStarted: (id, start) => documents.writeOnce(id, STARTED, start),
    writeProgress: async (id, progress) => {
      await writeJson(store, documents.key(id, PROGRESS.file), progress);
    },
    claim: (id, claim) => decideOwn(id, CLAIM, claim),
    end: (id, outcome) => decideOwn(id, OUTCOME, outcome),
    delete: ({ id, uid }) =>
      // Without its outcome it would seem to be unfinished, and be trained again.
      documents.deleteOwn(id, RUN, { isMeant: (found) => found.uid === uid, last: [OUTCOME.file] }),
  };
}
