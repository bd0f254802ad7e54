import { activationSetPrefix, inputFile, partitionFile, SET_STATE_FILE } from '@facet/artifacts';
import { FacetError, isFacetError } from '@facet/errors';
import { type ObjectStore, readJson, writeJson } from '@facet/objects';
import type { ZodType } from 'zod';
import {
  outcomeSchema,
  type PartitionRecord,
  partitionRecordSchema,
  planSchema,
  type SetOutcome,
  type SetPlan,
  type SetRecord,
  type SetStart,
  setRecordSchema,
  startSchema,
} from './set-record.ts';

/**
 * The state of activation sets in the object store. Nothing is ever changed: every fact is a document of its
 * own that
 * is written once (`ifAbsent`), so that API and workers on any machine agree without locks.
 */
export interface SetStore {
  /** Writes a new set; `exists` where its id is taken. */
  create(record: SetRecord): Promise<void>;
  /** `not-found` where there is none. */
  read(id: string): Promise<SetRecord>;
  find(id: string): Promise<SetRecord | undefined>;
  /** Ids in order. */
  ids(): Promise<string[]>;
  markStarted(id: string, start: SetStart): Promise<void>;
  started(id: string): Promise<SetStart | undefined>;
  writePlan(id: string, plan: SetPlan): Promise<void>;
  plan(id: string): Promise<SetPlan | undefined>;
  writeInput(
    id: string,
    partition: number,
    data: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<string>;
  readInput(id: string, partition: number, signal: AbortSignal): Promise<Uint8Array>;
  /** Records a partition as done; of several workers the first counts. */
  commit(id: string, record: PartitionRecord): Promise<void>;
  partition(id: string, partition: number): Promise<PartitionRecord | undefined>;
  /** Numbers of the partitions that are done, in order. */
  committed(id: string): Promise<number[]>;
  /** Ends a set; returns the outcome that holds, which may be an earlier one. */
  decide(id: string, outcome: SetOutcome): Promise<SetOutcome>;
  outcome(id: string): Promise<SetOutcome | undefined>;
  /** Removes inputs, and with `shards` everything but the state documents. */
  removeData(id: string, options: { shards: boolean }): Promise<void>;
  delete(id: string): Promise<void>;
}

const COLLECTION = 'activationSets';
const DATA_FOLDERS = ['shards', 'partitions'];

/** Keeps activation sets in `store`. */
export function createSetStore(store: ObjectStore): SetStore {
  const key = (id: string, file: string) => `${activationSetPrefix(id)}/${file}`;
  const find = <T>(id: string, file: string, schema: ZodType<T>) =>
    absentAsUndefined(() => readJson(store, key(id, file), schema));
  const writeOnce = (id: string, file: string, value: unknown) =>
    existingIsFine(() => writeJson(store, key(id, file), value, { ifAbsent: true }));
  return {
    create: async (record) => {
      await writeJson(store, key(record.id, SET_STATE_FILE), record, { ifAbsent: true });
    },
    read: async (id) => {
      const record = await find(id, SET_STATE_FILE, setRecordSchema);
      if (record) return record;
      throw new FacetError('not-found', `${COLLECTION}/${id} does not exist`, {
        metadata: { resourceType: 'ActivationSet', resourceName: `${COLLECTION}/${id}` },
      });
    },
    find: (id) => find(id, SET_STATE_FILE, setRecordSchema),
    ids: () => store.listFolders(COLLECTION),
    markStarted: (id, start) => writeOnce(id, 'started.json', start),
    started: (id) => find(id, 'started.json', startSchema),
    writePlan: (id, plan) => writeOnce(id, 'plan.json', plan),
    plan: (id) => find(id, 'plan.json', planSchema),
    writeInput: async (id, partition, data, signal) =>
      (await store.write(key(id, inputFile(partition)), data, { signal })).sha256,
    readInput: (id, partition, signal) => store.read(key(id, inputFile(partition)), { signal }),
    commit: (id, record) => writeOnce(id, partitionFile(record.partition), record),
    partition: (id, partition) => find(id, partitionFile(partition), partitionRecordSchema),
    committed: async (id) => {
      const numbers: number[] = [];
      for await (const { key: found } of store.list(key(id, 'partitions')))
        numbers.push(Number(/(\d+)\.json$/.exec(found)?.[1]));
      return numbers;
    },
    decide: async (id, outcome) => {
      await writeOnce(id, 'outcome.json', outcome);
      return readJson(store, key(id, 'outcome.json'), outcomeSchema);
    },
    outcome: (id) => find(id, 'outcome.json', outcomeSchema),
    removeData: async (id, { shards }) => {
      for (const folder of shards ? ['inputs', ...DATA_FOLDERS] : ['inputs'])
        await store.deletePrefix(key(id, folder));
    },
    delete: async (id) => {
      await store.deletePrefix(activationSetPrefix(id));
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
