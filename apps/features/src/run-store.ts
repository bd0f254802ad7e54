import { FacetError, isFacetError } from '@facet/errors';
import { type ObjectStore, readJson, writeJson } from '@facet/objects';
import type { ZodType } from 'zod';
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
  markStarted(id: string, start: RunStart): Promise<void>;
  started(id: string): Promise<RunStart | undefined>;
  /** Ends a run; returns the outcome that holds, which may be an earlier one. */
  decide(id: string, outcome: RunOutcome): Promise<RunOutcome>;
  outcome(id: string): Promise<RunOutcome | undefined>;
  /** Records that what follows from the outcome is done: the index is seen. */
  markSettled(id: string): Promise<void>;
  settled(id: string): Promise<boolean>;
}

const COLLECTION = 'indexingRuns';

/** Keeps indexing runs in `store`. */
export function createRunStore(store: ObjectStore): RunStore {
  const key = (id: string, file: string) => `${COLLECTION}/${id}/${file}`;
  const find = <T>(id: string, file: string, schema: ZodType<T>) =>
    absentAsUndefined(() => readJson(store, key(id, file), schema));
  const writeOnce = (id: string, file: string, value: unknown) =>
    existingIsFine(() => writeJson(store, key(id, file), value, { ifAbsent: true }));
  return {
    create: async (record) => {
      await writeJson(store, key(record.id, 'run.json'), record, { ifAbsent: true });
    },
    read: async (id) => {
      const record = await find(id, 'run.json', runRecordSchema);
      if (record) return record;
      throw new FacetError('not-found', `${COLLECTION}/${id} does not exist`, {
        metadata: { resourceType: 'IndexingRun', resourceName: `${COLLECTION}/${id}` },
      });
    },
    ids: () => store.listFolders(COLLECTION),
    markStarted: (id, start) => writeOnce(id, 'started.json', start),
    started: (id) => find(id, 'started.json', startSchema),
    decide: async (id, outcome) => {
      await writeOnce(id, 'outcome.json', outcome);
      return readJson(store, key(id, 'outcome.json'), outcomeSchema);
    },
    outcome: (id) => find(id, 'outcome.json', outcomeSchema),
    markSettled: (id) => writeOnce(id, 'settled.json', {}),
    settled: (id) => store.exists(key(id, 'settled.json')),
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
