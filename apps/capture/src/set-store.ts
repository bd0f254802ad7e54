import { inputFile, partitionFile, SET_STATE_FILE } from '@facet/artifacts';
import { createDocuments, type DocumentKind, MANIFEST_FILE, type ObjectStore } from '@facet/objects';
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
 * The state of activation sets in the object store. Nothing is ever changed: every fact is a document of its own that
 * is written once, so that API and workers on any machine agree without locks.
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
  /** Whether it has ended and everything that follows from its end is done: a complete set keeps no inputs. */
  isSettled(id: string): Promise<boolean>;
  /** Removes inputs, and with `shards` everything but the state documents. */
  removeData(id: string, options: { shards: boolean }): Promise<void>;
  delete(id: string): Promise<void>;
}

const SET: DocumentKind<SetRecord> = { file: SET_STATE_FILE, schema: setRecordSchema };
const STARTED: DocumentKind<SetStart> = { file: 'started.json', schema: startSchema };
const PLAN: DocumentKind<SetPlan> = { file: 'plan.json', schema: planSchema };
const OUTCOME: DocumentKind<SetOutcome> = { file: 'outcome.json', schema: outcomeSchema };
const DATA_FOLDERS = ['shards', 'partitions'];

/** Keeps activation sets in `store`. */
export function createSetStore(store: ObjectStore): SetStore {
  const documents = createDocuments(store, { collection: 'activationSets', resourceType: 'ActivationSet' });
  const { key } = documents;
  return {
    create: (record) => documents.create(record.id, SET, record),
    read: (id) => documents.require(id, SET),
    find: (id) => documents.find(id, SET),
    ids: documents.ids,
    markStarted: (id, start) => documents.writeOnce(id, STARTED, start),
    started: (id) => documents.find(id, STARTED),
    writePlan: (id, plan) => documents.writeOnce(id, PLAN, plan),
    plan: (id) => documents.find(id, PLAN),
    writeInput: async (id, partition, data, signal) =>
      (await store.write(key(id, inputFile(partition)), data, { signal })).sha256,
    readInput: (id, partition, signal) => store.read(key(id, inputFile(partition)), { signal }),
    commit: (id, record) => documents.writeOnce(id, partitionDocument(record.partition), record),
    partition: (id, partition) => documents.find(id, partitionDocument(partition)),
    committed: async (id) => {
      const numbers: number[] = [];
      for await (const { key: found } of store.list(key(id, 'partitions')))
        numbers.push(Number(/(\d+)\.json$/.exec(found)?.[1]));
      return numbers;
    },
    decide: (id, outcome) => documents.decide(id, OUTCOME, outcome),
    outcome: (id) => documents.find(id, OUTCOME),
    isSettled: async (id) => {
      const outcome = await documents.find(id, OUTCOME);
      if (outcome?.state !== 'ACTIVE') return outcome !== undefined;
      const complete = await store.exists(key(id, MANIFEST_FILE));
      return complete && !(await store.listFolders(key(id, ''))).includes('inputs');
    },
    removeData: async (id, { shards }) => {
      for (const folder of shards ? ['inputs', ...DATA_FOLDERS] : ['inputs'])
        await store.deletePrefix(key(id, folder));
    },
    delete: documents.delete,
  };
}

function partitionDocument(partition: number): DocumentKind<PartitionRecord> {
  return { file: partitionFile(partition), schema: partitionRecordSchema };
}
