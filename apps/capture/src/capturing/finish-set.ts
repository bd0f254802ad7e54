import { type ActivationSetBody, finishActivationSet, openActivationSet } from '@facet/artifacts';
import { ActivationSetReady } from '@facet/contracts';
import { isFacetError } from '@facet/errors';
import { absentAsUndefined } from '@facet/objects';
import type { CaptureContext } from '../capture-context.ts';
import { liveProgress } from '../jobs/live-progress.ts';
import type { CaptureStore } from '../sets/capture-store.ts';
import { corpusChanged } from '../sets/corpus-changed.ts';
import {
  type CorpusSpec,
  lineageOf,
  type PartitionRecord,
  type ResolvedCorpus,
  type SetPlan,
  type SetRecord,
} from '../sets/set-record.ts';
import { removeManifest } from '../sets/set-store.ts';

/** The subject of the event that a set is ready. */
export const READY_SUBJECT = 'facet.activation.set.ready';
/** How often a manifest that a deleted set left behind is taken away. */
const MAX_FINISH_ATTEMPTS = 5;

/**
 * Completes a set once all partitions are committed: the outcome, then the manifest, then the event. Called
 * after the
 * plan and after every partition; whoever comes last, or again after a crash, does what is still missing.
 */
export async function finishIfComplete(context: CaptureContext, record: SetRecord): Promise<void> {
  const { sets, now } = context;
  const { uid } = record;
  const capture = sets.capture(record);
  const plan = await capture.plan();
  if (plan?.uid !== uid || (await capture.committed()).length < plan.partitions.length) return;
  const partitions = await readPartitions(capture, record, plan);
  const outcome = await capture.decide({ uid, state: 'ACTIVE', time: now().toISOString() });
  if (outcome.state !== 'ACTIVE') return;
  await writeManifest(context, record, { plan, partitions, createTime: outcome.time });
  await announce(context, record, plan.rows);
  await capture.removeData({ shards: false });
}

/** Reads all commit records and makes sure that they belong to the plan's inputs. */
async function readPartitions(
  capture: CaptureStore,
  { id, uid }: SetRecord,
  plan: SetPlan,
): Promise<PartitionRecord[]> {
  const records: PartitionRecord[] = [];
  for (const [number, { rows, inputSha256 }] of plan.partitions.entries()) {
    const found = await capture.partition(number);
    if (found?.uid !== uid || found.rows !== rows || found.inputSha256 !== inputSha256)
      throw corpusChanged(id);
    records.push(found);
  }
  return records;
}

interface Completion {
  plan: SetPlan;
  partitions: readonly PartitionRecord[];
  createTime: string;
}

async function writeManifest(
  { store, sets }: CaptureContext,
  record: SetRecord,
  { plan, partitions, createTime }: Completion,
): Promise<void> {
  const { folder } = sets.capture(record);
  const files = Object.fromEntries(partitions.map(({ file, bytes, sha256 }) => [file, { bytes, sha256 }]));
  const lineage = lineageOf(record, plan.corpusSha256);
  const body = bodyOf(record, plan, partitions);
  const isOurs = async () => (await sets.find(record.id))?.uid === record.uid;
  for (let attempt = 1; await isOurs(); attempt++) {
    try {
      await finishActivationSet(store, record.id, { createTime, lineage, body, files, folder });
      break;
    } catch (error) {
      if (!(isFacetError(error) && error.kind === 'exists') || attempt === MAX_FINISH_ATTEMPTS) throw error;
    }
    // Another finisher was faster, or this one was before it crashed; what it wrote must be readable.
    const there = await absentAsUndefined(() => openActivationSet(store, record.id));
    if (there?.manifest.folder === folder) return;
    // Left by a finisher of a deleted set, which slept, and which may have taken it away itself.
    await removeManifest(store, record.id, (other) => other !== folder);
  }
  // The set may have been deleted while this finisher slept: nothing of it may stand under the id then.
  if (!(await isOurs())) await removeManifest(store, record.id, (own) => own === folder);
}

function bodyOf(
  { spec, model }: SetRecord,
  { rows, documents, corpus = statedCorpus(spec.corpus), corpusFormat }: SetPlan,
  partitions: readonly PartitionRecord[],
): ActivationSetBody {
  const specialRows = sum(partitions, (partition) => partition.specialRows);
  const { hookPoint, dtype, contextTokens } = spec;
  const starts = partitions.map(({ startTime }) => Date.parse(startTime));
  const ends = partitions.map(({ endTime }) => Date.parse(endTime));
  const largest = (values: number[]) => values.reduce((a, b) => Math.max(a, b));
  const smallest = (values: number[]) => values.reduce((a, b) => Math.min(a, b));
  return {
    hookPoint,
    dIn: model.dIn,
    dtype,
    contextTokens,
    rows,
    documents,
    bosTokenId: model.bosTokenId,
    specialRows,
    shards: partitions.map(({ file, rows: shardRows }) => ({ file, rows: shardRows })),
    corpus,
    corpusFormat,
    meanNorm: sum(partitions, ({ normSum }) => normSum) / Math.max(1, rows - specialRows),
    captureSeconds: (largest(ends) - smallest(starts)) / 1000,
  };
}

/** Plans from before formats were recognised have a spec that states one. */
function statedCorpus(corpus: CorpusSpec): ResolvedCorpus {
  if (corpus.format !== 'AUTO') return corpus;
  throw new Error('a plan of a recognised corpus keeps what it was recognised as');
}

async function announce({ bus, now }: CaptureContext, { id, uid }: SetRecord, rows: number): Promise<void> {
  const event = ActivationSetReady.fromPartial({
    activationSet: `activationSets/${id}`,
    time: now(),
    rows: BigInt(rows),
  });
  await bus.publish(READY_SUBJECT, ActivationSetReady.encode(event).finish(), { id: `${id}.${uid}.ready` });
  liveProgress(bus).send(uid, { partition: 0, rows: 0 });
}

function sum<T>(items: readonly T[], measure: (item: T) => number): number {
  return items.reduce((total, item) => total + measure(item), 0);
}
