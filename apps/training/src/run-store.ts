import { FacetError, isFacetError } from '@facet/errors';
import { type ObjectStore, readJson, writeJson } from '@facet/objects';
import type { ZodType } from 'zod';
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
 * The state of training runs in the object store. All documents but the progress are written once
 * (`ifAbsent`), so that services and workers on any machine agree without locks.
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

const COLLECTION = 'trainingRuns';

/** Keeps training runs in `store`. */
export function createRunStore(store: ObjectStore): RunStore {
  const key = (id: string, file: string) => `${COLLECTION}/${id}/${file}`;
  const find = <T>(id: string, file: string, schema: ZodType<T>) =>
    absentAsUndefined(() => readJson(store, key(id, file), schema));
  const writeOnce = (id: string, file: string, value: unknown) =>
    existingIsFine(() => writeJson(store, key(id, file), value, { ifAbsent: true }));
  const record = async (id: string): Promise<RunRecord> => {
    const found = await find(id, 'run.json', runRecordSchema);
    if (found) return found;
    throw new FacetError('not-found', `${COLLECTION}/${id} does not exist`, {
      metadata: { resourceType: 'TrainingRun', resourceName: `${COLLECTION}/${id}` },
    });
  };
  return {
    create: async (created) => {
      await writeJson(store, key(created.id, 'run.json'), created, { ifAbsent: true });
    },
    record,
    read: async (id) => ({
      record: await record(id),
      start: await find(id, 'started.json', startSchema),
      progress: await find(id, 'progress.json', progressSchema),
      outcome: await find(id, 'outcome.json', outcomeSchema),
    }),
    ids: () => store.listFolders(COLLECTION),
    markStarted: (id, start) => writeOnce(id, 'started.json', start),
    writeProgress: async (id, progress) => {
      await writeJson(store, key(id, 'progress.json'), progress);
    },
    claim: async (id, claim) => {
      await writeOnce(id, 'claim.json', claim);
      return readJson(store, key(id, 'claim.json'), claimSchema);
    },
    end: async (id, outcome) => {
      await writeOnce(id, 'outcome.json', outcome);
      return readJson(store, key(id, 'outcome.json'), outcomeSchema);
    },
    delete: async (id) => {
      await store.delete(key(id, 'run.json'));
      await store.deletePrefix(`${COLLECTION}/${id}`);
    },
  };
}

async function absentAsUndefined<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isFacetError(error) && error.kind === 'not-found') return undefined;
    throw error;
  }
}

async function existingIsFine(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(isFacetError(error) && error.kind === 'exists')) throw error;
  }
}
