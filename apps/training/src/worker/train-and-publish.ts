import { linkSignals } from '@facet/mesh';
import {
  type Checkpointing,
  engineOf,
  type SavedCheckpoint,
  type TrainingResult,
  trainSaes,
} from '@facet/sae-training';
import { openSetSource, type SetSource } from '../rows/set-source.ts';
import { openTrainingSets, type TrainingSets } from '../rows/training-sets.ts';
import type { RunLease } from '../runs/records/run-lease.ts';
import { membersOf, resolveMembers, toTrainingConfigs } from '../runs/records/run-members.ts';
import type { MemberOutcome } from '../runs/records/run-record.ts';
import { createCheckpointPolicy } from './checkpoint-policy.ts';
import { createPeakMemory, type PeakMemory } from './peak-memory.ts';
import { outcomeUnlessTaken, publishedBefore, publishSae } from './publish-sae.ts';
import type { RunWatch } from './run-watch.ts';
import { evaluationOf } from './training-evaluation.ts';
import {
  createMetricsReporter,
  createReadingReporter,
  createTrainingReporter,
  type MetricsReporter,
  reportFirstStep,
} from './training-reports.ts';
import type { TrainingTask } from './training-task.ts';

/** A task whose worker holds the run. */
export interface HeldTask extends TrainingTask {
  lease: RunLease;
  watch: RunWatch;
  newest: SavedCheckpoint | undefined;
}

interface TrainingParts {
  sets: TrainingSets;
  source: SetSource;
  /** Of every SAE. */
  metrics: readonly MetricsReporter[];
  memory: PeakMemory;
}

/** Trains the SAEs of a run that its worker holds, and publishes each that did not diverge. */
export async function trainAndPublish(held: HeldTask): Promise<MemberOutcome[]> {
  const task = await loadEngine(held);
  const { store, record, now, onMetrics } = task;
  const memory = createPeakMemory();
  const sets = await openTrainingSets(store, record.spec.activationSets);
  const source = await openSource(task, sets, memory);
  const metrics = membersOf(record.spec).map((_, member) =>
    createMetricsReporter(now, (points) => onMetrics(points, member)),
  );
  const parts = { sets, source, metrics, memory };
  const training = train(task, parts);
  const outcomes: MemberOutcome[] = [];
  let published: readonly (MemberOutcome | undefined)[] = [];
  for await (const result of training.results) {
    const member = outcomes.length;
    if (member === 0) published = await keepCurves(task, parts);
    memory.sample();
    const parting = { member, result, spent: training.spent() };
    outcomes.push(
      published[member] ?? (await outcomeUnlessTaken(record, () => publish(task, parts, parting))),
    );
  }
  return outcomes;
}

/** Loads the engine before anything is read, for it may be missing; all progress says then what it runs on. */
async function loadEngine(task: HeldTask): Promise<HeldTask> {
  const backend = await engineOf(task.record.spec.engine || 'cpu').load?.();
  if (backend === undefined) return task;
  return { ...task, onProgress: (progress) => task.onProgress({ ...progress, backend }) };
}

/** Opening reads the rows; an interruption ends it at once, for there is nothing to keep yet. */
async function openSource(task: HeldTask, sets: TrainingSets, peak: PeakMemory): Promise<SetSource> {
  const { spec, memory } = task.record;
  const opening = linkSignals([task.signal, task.suspend]);
  const report = createReadingReporter(task, sets.rows);
  try {
    return await openSetSource(sets, {
      heldOutFraction: spec.heldOutFraction,
      bufferRows: memory.bufferRows,
      maxNormMultiple: spec.max_norm_multiple,
      signal: task.signal,
      opening: opening.signal,
      onRead(rows) {
        peak.sample();
        report(rows);
      },
    });
  } finally {
    opening.dispose();
  }
}

/** What the steps of this worker have taken so far: their time, and the tokens trained on. */
interface Spent {
  seconds: number;
  tokens: number;
}

/** Begins to train; results come when all steps are taken. */
function train(
  task: HeldTask,
  parts: TrainingParts,
): { results: AsyncIterable<TrainingResult>; spent: () => Spent } {
  const { record, threads, signal, suspend, newest, now } = task;
  const configs = toTrainingConfigs(record.spec).map((config) => ({ ...config, threads }));
  const onProgress = (progress: Parameters<HeldTask['onProgress']>[0]) => {
    parts.memory.sample();
    task.onProgress(progress);
  };
  const [{ steps, batch_rows }] = resolveMembers(record.spec, parts.source);
  reportFirstStep(task, { step: newest?.step ?? 0, steps, batch_rows });
  const report = createTrainingReporter({ now, onProgress }, configs.length);
  const startedMs = now();
  let endedMs = startedMs;
  let tokens = 0;
  const results = trainSaes({
    configs,
    source: parts.source,
    checkpointing: checkpointingOf(task, parts),
    signal,
    suspend,
    onProgress(progress, member) {
      endedMs = now();
      tokens = progress.tokens - (newest?.step ?? 0) * (progress.tokens / progress.step);
      report(progress, member);
    },
    onHistory: (points, heldOut, member) => parts.metrics[member].note(points, heldOut),
  });
  return { results, spent: () => ({ seconds: (endedMs - startedMs) / 1000, tokens }) };
}

/** Checkpoints in the object store; none is written by a worker that does not hold the run any more. */
function checkpointingOf(task: HeldTask, { sets, metrics }: TrainingParts): Checkpointing {
  const { runs, record, lease, newest, now } = task;
  const checkpoints = runs.checkpoints(record);
  const policy = createCheckpointPolicy(record.spec, now);
  return {
    newest,
    due: policy.due,
    async save(checkpoint) {
      const startedMs = now();
      await lease.requireHeld();
      await checkpoints.save(checkpoint, sets.lineage, lease.requireHeld);
      await writeCurves(task, metrics);
      policy.written(now() - startedMs);
    },
  };
}

async function writeCurves(
  { runs, record, lease }: HeldTask,
  metrics: readonly MetricsReporter[],
): Promise<void> {
  for (const [member, reporter] of metrics.entries()) {
    await runs.writeMetrics(record, { metrics: reporter.all(), member, epoch: lease.epoch });
  }
}

/** Keeps the whole curves before anything is published; returns what an earlier attempt has published. */
async function keepCurves(
  task: HeldTask,
  { metrics }: TrainingParts,
): Promise<(MemberOutcome | undefined)[]> {
  for (const reporter of metrics) reporter.flush();
  await task.lease.requireHeld();
  await writeCurves(task, metrics);
  return publishedBefore(task);
}

/** Publishes an SAE, or says why it was given up. */
async function publish(
  task: HeldTask,
  { sets, source, memory }: TrainingParts,
  { member, result, spent }: { member: number; result: TrainingResult; spent: Spent },
): Promise<MemberOutcome> {
  if ('error' in result) {
    const { reason, message } = result.error;
    return { error: { reason, message } };
  }
  const { trained } = result;
  const evaluation = evaluationOf(trained, {
    ...spent,
    excludedRows: sets.excludedRows,
    outlierRows: source.outlierRows,
    peakMemoryBytes: memory.peakBytes(),
    resumes: task.lease.epoch - 1,
  });
  return { evaluation: await publishSae(task, { member, sets, trained, evaluation }) };
}
