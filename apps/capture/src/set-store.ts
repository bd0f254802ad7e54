import { inputFile, partitionFile, SET_STATE_FILE } from '@facet/artifacts';
import {
  createDocuments,
  type DocumentKind,
  MANIFEST_FILE,
  type ObjectStore,
  readJson,
  writeJson,
} from '@facet/objects';
import {
  outcomeSchema,
  type PartitionRecord,
  partitionRecordSchema,
  planningSchema,
  planSchema,
  type SetOutcome,
  type SetPlan,
  type SetPlanning,
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
  /** Keeps how far the plan has come. */
  writePlanning(id: string, inputs: number, planning: SetPlanning): Promise<void>;
  /** The records of a plan that is not complete, in order. */
  planning(id: string): Promise<SetPlanning[]>;
  writePlan(id: string, plan: SetPlan): Promise<void>;
  plan(id: string): Promise<SetPlan | undefined>;
  writeInput(
    id: string,
    partition: number,
    data: readonly Uint8Array[],
    signal: AbortSignal,
  ): Promise<string>;
  readInput(id: string, partition: number, signal: AbortSignal): Promise<Uint8Array>;
  /** Numbers of the partitions whose inputs are written, in order. */
  inputs(id: string): Promise<number[]>;
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
  /** Removes inputs and how they came about, and with `shards` everything but the state documents. */
  removeData(id: string, options: { shards: boolean }): Promise<void>;
  delete(id: string): Promise<void>;
}

const SET: DocumentKind<SetRecord> = { file: SET_STATE_FILE, schema: setRecordSchema };
const STARTED: DocumentKind<SetStart> = { file: 'started.json', schema: startSchema };
const PLAN: DocumentKind<SetPlan> = { file: 'plan.json', schema: planSchema };
const OUTCOME: DocumentKind<SetOutcome> = { file: 'outcome.json', schema: outcomeSchema };
/** Inputs go last: while they are there, the others are not settled. */
const INPUT_FOLDERS = ['planning', 'inputs'];
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
    writePlanning: async (id, inputs, planning) => {
      await writeJson(store, key(id, planningFile(inputs)), encodePlanning(planning));
    },
    planning: async (id) => {
      const records: SetPlanning[] = [];
      for await (const listed of store.list(key(id, 'planning')))
        records.push(await readJson(store, listed.key, planningSchema));
      return records;
    },
    writePlan: (id, plan) => documents.writeOnce(id, PLAN, plan),
    plan: (id) => documents.find(id, PLAN),
    writeInput: async (id, partition, data, signal) =>
      (await store.write(key(id, inputFile(partition)), data, { signal })).sha256,
    readInput: (id, partition, signal) => store.read(key(id, inputFile(partition)), { signal }),
    commit: (id, record) => documents.writeOnce(id, partitionDocument(record.partition), record),
    partition: (id, partition) => documents.find(id, partitionDocument(partition)),
    inputs: (id) => numbersIn(store, key(id, 'inputs')),
    committed: (id) => numbersIn(store, key(id, 'partitions')),
    decide: (id, outcome) => documents.decide(id, OUTCOME, outcome),
    outcome: (id) => documents.find(id, OUTCOME),
    isSettled: async (id) => {
      const outcome = await documents.find(id, OUTCOME);
      if (outcome?.state !== 'ACTIVE') return outcome !== undefined;
      const complete = await store.exists(key(id, MANIFEST_FILE));
      return complete && !(await store.listFolders(key(id, ''))).includes('inputs');
    },
    removeData: async (id, { shards }) => {
      for (const folder of shards ? [...DATA_FOLDERS, ...INPUT_FOLDERS] : INPUT_FOLDERS)
        await store.deletePrefix(key(id, folder));
    },
    delete: documents.delete,
  };
}

function partitionDocument(partition: number): DocumentKind<PartitionRecord> {
  return { file: partitionFile(partition), schema: partitionRecordSchema };
}

function planningFile(inputs: number): string {
  return `planning/${String(inputs).padStart(5, '0')}.json`;
}

function encodePlanning({ packer, ...planning }: SetPlanning): object {
  const { tokenIds, documents, ...open } = packer.open;
  const words = { tokenIds: toBase64(tokenIds), documents: toBase64(documents) };
  return { ...planning, packer: { ...packer, open: { ...open, ...words } } };
}

function toBase64({ buffer, byteOffset, byteLength }: Int32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

/** Reads the numbers of files such as `00042.json`. */
async function numbersIn(store: ObjectStore, folder: string): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { key } of store.list(folder)) numbers.push(Number(/(\d+)\.\w+$/.exec(key)?.[1]));
  return numbers;
}
