import { createHash } from 'node:crypto';
import { type StoredRows, writeActivationShard } from '@facet/artifacts';
import { decodeFloats, dtypeBytes } from '@facet/tensor';
import type { CaptureContext } from '../capture-context.ts';
import { liveProgress } from '../jobs/live-progress.ts';
import type { PackedPartition } from '../planning/context-writer.ts';
import { decodeInput } from '../planning/input-file.ts';
import { mapAhead } from '../planning/map-ahead.ts';
import type { CaptureStore } from '../sets/capture-store.ts';
import type { SetRecord } from '../sets/set-record.ts';
import { finishIfComplete } from './finish-set.ts';

/** Requests under way at once: inference has the next contexts while it sends the activations of the last. */
const REQUESTS_AHEAD = 2;
/** Contexts of one request, as ComputeActivations limits them. */
const MAX_CONTEXTS = 4096;
export interface PartitionTask {
  partition: number;
  attempt: number;
  signal: AbortSignal;
}

/**
 * Runs the contexts of one partition and writes its shard, then its commit record: first the data, then the
 * fact.
 * Interrupted anywhere it can be done again; done twice, only the first record counts.
 */
export async function capturePartition(
  context: CaptureContext,
  record: SetRecord,
  task: PartitionTask,
): Promise<void> {
  const { sets } = context;
  const committed = await sets.capture(record).partition(task.partition);
  if (committed?.uid !== record.uid) await runPartition(context, record, task);
  await finishIfComplete(context, record);
}

async function runPartition(context: CaptureContext, record: SetRecord, task: PartitionTask): Promise<void> {
  const { sets, store, bus, now, workerId } = context;
  const { id, uid } = record;
  const { partition, attempt, signal } = task;
  const startTime = now().toISOString();
  const capture = sets.capture(record);
  const bytes = await readInput(capture, partition, signal);
  if (!bytes) return;
  const input = decodeInput(bytes, `input ${partition} of activationSets/${id}`);
  const rows = await computeRows(context, record, { input, task });
  const { folder } = capture;
  const written = await writeActivationShard(store, id, { partition, rows, folder, signal });
  const { stored, ...file } = written;
  signal.throwIfAborted();
  await capture.commit({
    uid,
    partition,
    ...file,
    ...measure(stored),
    inputSha256: createHash('sha256').update(bytes).digest('hex'),
    worker: workerId,
    attempt,
    startTime,
    endTime: now().toISOString(),
  });
  liveProgress(bus).send(uid, { partition, rows: input.tokenIds.length });
}

/** Undefined where another worker has committed the partition and completed the set, which keeps no inputs. */
async function readInput(
  capture: CaptureStore,
  partition: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    return await capture.readInput(partition, signal);
  } catch (error) {
    if (await capture.partition(partition)) return undefined;
    throw error;
  }
}

interface Run {
  input: PackedPartition;
  task: PartitionTask;
}

/** Computes the activations of all contexts, a few requests at a time, into one array. */
async function computeRows(
  context: CaptureContext,
  record: SetRecord,
  { input, task }: Run,
): Promise<StoredRows> {
  const { inference, bus, requestTokens } = context;
  const { spec, model, uid } = record;
  const rowBytes = model.dIn * dtypeBytes(spec.dtype);
  const activations = new Uint8Array(input.tokenIds.length * rowBytes);
  const question = { ...model, model: spec.model, hookPoint: spec.hookPoint, dtype: spec.dtype };
  const run = async ({ first, rows, lengths }: ContextRun) => {
    const into = activations.subarray(first * rowBytes, (first + rows) * rowBytes);
    const tokenIds = input.tokenIds.subarray(first, first + rows);
    await inference.activations({ ...question, tokenIds, lengths }, into, task.signal);
    return first + rows;
  };
  for await (const rows of mapAhead(contextRuns(input.lengths, requestTokens), REQUESTS_AHEAD, run))
    liveProgress(bus).send(uid, { partition: task.partition, rows });
  return { dtype: spec.dtype, dIn: model.dIn, activations, ...describeRows(input, model.specialTokenIds) };
}

/** Consecutive contexts that make one request. */
interface ContextRun {
  first: number;
  rows: number;
  lengths: number[];
}

function* contextRuns(lengths: Int32Array, requestTokens: number): Generator<ContextRun> {
  let run: ContextRun = { first: 0, rows: 0, lengths: [] };
  for (const length of lengths) {
    const isFull = run.rows + length > requestTokens || run.lengths.length === MAX_CONTEXTS;
    if (run.rows > 0 && isFull) {
      yield run;
      run = { first: run.first + run.rows, rows: 0, lengths: [] };
    }
    run.rows += length;
    run.lengths.push(length);
  }
  if (run.rows > 0) yield run;
}

function describeRows({ tokenIds, documents, lengths }: PackedPartition, specialTokenIds: readonly number[]) {
  const specials = new Set(specialTokenIds);
  const positions = new Int32Array(tokenIds.length);
  let row = 0;
  for (const length of lengths)
    for (let position = 0; position < length; position++) positions[row++] = position;
  const special = Uint8Array.from(tokenIds, (id) => (specials.has(id) ? 1 : 0));
  return { tokenIds, documents, positions, special };
}

/** Sums the Euclidean norms of the rows that are not special, and counts the others. */
function measure({ activations, dtype, dIn, special }: StoredRows): { specialRows: number; normSum: number } {
  const values = decodeFloats(activations, dtype, 'activations');
  let specialRows = 0;
  let normSum = 0;
  for (let row = 0; row < special.length; row++) {
    if (special[row] === 1) {
      specialRows++;
      continue;
    }
    let squares = 0;
    for (let i = row * dIn; i < (row + 1) * dIn; i++) squares += values[i]! * values[i]!;
    normSum += Math.sqrt(squares);
  }
  return { specialRows, normSum };
}
