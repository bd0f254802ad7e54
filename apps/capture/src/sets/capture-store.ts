import { createHash } from 'node:crypto';
import { inputFile, partitionFile } from '@facet/artifacts';
import { isFacetError } from '@facet/errors';
import {
  createDocuments,
  type DocumentKind,
  MANIFEST_FILE,
  type ObjectStore,
  readJson,
} from '@facet/objects';
import { z } from 'zod';
import { corpusChanged } from './corpus-changed.ts';
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
  startSchema,
} from './set-record.ts';

/** Tells a set from an earlier or later one of its id. */
export type SetIdentity = Pick<SetRecord, 'formatVersion' | 'id' | 'uid'>;

/** The facts and data of one capture. */
export interface CaptureStore {
  /** Where the files of its manifest lie, below the set's prefix; undefined: beside it. */
  readonly folder: string | undefined;
  markStarted(start: SetStart): Promise<void>;
  started(): Promise<SetStart | undefined>;
  /** Keeps how far the plan has come. */
  writePlanning(inputs: number, planning: SetPlanning): Promise<void>;
  /** The records of a plan that is not complete, in order. */
  planning(): Promise<SetPlanning[]>;
  writePlan(plan: SetPlan): Promise<void>;
  plan(): Promise<SetPlan | undefined>;
  /** Writes an input unless there is one, which must be the same (CORPUS_CHANGED); returns its hash. */
  writeInput(partition: number, data: readonly Uint8Array[], signal: AbortSignal): Promise<string>;
  readInput(partition: number, signal: AbortSignal): Promise<Uint8Array>;
  /** Numbers of the partitions whose inputs are written, in order. */
  inputs(): Promise<number[]>;
  /** Records a partition as done; of several workers the first counts. */
  commit(record: PartitionRecord): Promise<void>;
  partition(partition: number): Promise<PartitionRecord | undefined>;
  /** Numbers of the partitions that are done, in order. */
  committed(): Promise<number[]>;
  /** Ends a set; returns the outcome that holds, which may be an earlier one. */
  decide(outcome: SetOutcome): Promise<SetOutcome>;
  outcome(): Promise<SetOutcome | undefined>;
  /** Whether it has ended and everything that follows from its end is done: a complete set keeps no inputs. */
  isSettled(): Promise<boolean>;
  /** Removes inputs and how they came about, and with `shards` everything but the state documents. */
  removeData(options: { shards: boolean }): Promise<void>;
  /** Removes all of it. */
  delete(): Promise<void>;
}

const STARTED: DocumentKind<SetStart> = { file: 'started.json', schema: startSchema };
const PLAN: DocumentKind<SetPlan> = { file: 'plan.json', schema: planSchema };
const OUTCOME: DocumentKind<SetOutcome> = { file: 'outcome.json', schema: outcomeSchema };
/** Inputs go last: while they are there, the others are not settled. */
const INPUT_FOLDERS = ['planning', 'inputs'];
const DATA_FOLDERS = ['shards', 'partitions'];

/** Keeps the facts and data of one capture in `store`, each written once. */
export function createCaptureStore(store: ObjectStore, set: SetIdentity): CaptureStore {
  const folder = captureFolder(set);
  const own = folder === undefined ? set.id : `${set.id}/${folder}`;
  const documents = createDocuments(store, { collection: 'activationSets', resourceType: 'ActivationSet' });
  const key = (file: string) => documents.key(own, file);
  const outcome = () => documents.find(own, OUTCOME);
  return {
    folder,
    markStarted: (start) => documents.writeOnce(own, STARTED, start),
    started: () => documents.find(own, STARTED),
    writePlanning: (inputs, planning) =>
      documents.writeOnce(own, planningDocument(inputs), encodePlanning(planning)),
    planning: async () => {
      const records: SetPlanning[] = [];
      for await (const listed of store.list(key('planning')))
        records.push(await readJson(store, listed.key, planningSchema));
      return records;
    },
    writePlan: (plan) => documents.writeOnce(own, PLAN, plan),
    plan: () => documents.find(own, PLAN),
    writeInput: (partition, data, signal) =>
      writeInputOnce(store, { key: key(inputFile(partition)), id: set.id, data, signal }),
    readInput: (partition, signal) => store.read(key(inputFile(partition)), { signal }),
    commit: (record) => documents.writeOnce(own, partitionDocument(record.partition), record),
    partition: (partition) => documents.find(own, partitionDocument(partition)),
    inputs: () => numbersIn(store, key('inputs')),
    committed: () => numbersIn(store, key('partitions')),
    decide: (decided) => documents.decide(own, OUTCOME, decided),
    outcome,
    isSettled: async () => {
      const ended = await outcome();
      if (ended?.state !== 'ACTIVE') return ended !== undefined;
      const complete = await store.exists(documents.key(set.id, MANIFEST_FILE));
      return complete && !(await store.listFolders(key(''))).includes('inputs');
    },
    removeData: async ({ shards }) => {
      for (const data of shards ? [...DATA_FOLDERS, ...INPUT_FOLDERS] : INPUT_FOLDERS)
        await store.deletePrefix(key(data));
    },
    delete: () => documents.delete(own),
  };
}

/** A folder of its own for every set that had the id; sets of format 1 had none. */
export function captureFolder({ formatVersion, uid }: SetIdentity): string | undefined {
  return formatVersion === 1 ? undefined : `captures/${uid}`;
}

interface NewInput {
  key: string;
  /** Of the set. */
  id: string;
  data: readonly Uint8Array[];
  signal: AbortSignal;
}

/** Two planners of one corpus write the same inputs; where they differ, it changed between them. */
async function writeInputOnce(store: ObjectStore, { key, id, data, signal }: NewInput): Promise<string> {
  try {
    return (await store.write(key, data, { ifAbsent: true, signal })).sha256;
  } catch (error) {
    if (!(isFacetError(error) && error.kind === 'exists')) throw error;
  }
  const [written, own] = [createHash('sha256'), createHash('sha256')];
  written.update(await store.read(key, { signal }));
  for (const chunk of data) own.update(chunk);
  const sha256 = own.digest('hex');
  if (written.digest('hex') === sha256) return sha256;
  throw corpusChanged(id);
}

function partitionDocument(partition: number): DocumentKind<PartitionRecord> {
  return { file: partitionFile(partition), schema: partitionRecordSchema };
}

/** As it is encoded; `planningSchema` decodes it. */
function planningDocument(inputs: number): DocumentKind<object> {
  return { file: `planning/${String(inputs).padStart(5, '0')}.json`, schema: z.object({}) };
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
