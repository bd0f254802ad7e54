import { type ActivationSet, openSaeArtifact, type SaeArtifact } from '@facet/artifacts';
import type { InferenceServiceDefinition } from '@facet/contracts';
import type { ServiceClient } from '@facet/mesh';
import { createRateMeter } from '@facet/mesh/rate-meter';
import type { ObjectStore } from '@facet/objects';
import { createSaeEncoder, decode, type SaeEncoder } from '@facet/sae';
import { openCompleteSet } from '../rows/training-sets.ts';
import type { RunStore } from '../runs/records/run-store.ts';
import { type BatchLimits, type EvaluationBatch, readBatches } from './evaluation-batches.ts';
import { evaluationLineage, requireSameOrigin, requireServedModel } from './evaluation-lineage.ts';
import type { EvaluationProgress, EvaluationQuestion, SaeEvaluation } from './evaluation-record.ts';
import { selectionRule } from './evaluation-rule.ts';
import { type Selection, selectContexts } from './evaluation-selection.ts';
import { createModelLosses, type ModelLosses } from './model-losses.ts';
import { createReconstructionTally } from './reconstruction-tally.ts';
import { requestLimits } from './replaced-model.ts';

export interface EvaluationTask {
  store: ObjectStore;
  runs: RunStore;
  question: EvaluationQuestion;
  /** Absent where the service knows no inference. */
  inference?: ServiceClient<typeof InferenceServiceDefinition> | undefined;
  /** Threads of the dense product; 0: one per core. */
  threads: number;
  signal: AbortSignal;
  /** Milliseconds of a clock that only goes forward. */
  now: () => number;
  onProgress: (progress: EvaluationProgress) => void;
}

/** Batches where no model limits them. */
const BATCH_LIMITS: BatchLimits = { tokens: 8192, contexts: 4096 };
/** Rows that the encoder prepares for. */
const ENCODER_ROWS = 1024;
/** Progress is reported at most this often. */
const REPORT_INTERVAL_MS = 200;

/**
 * Evaluates an SAE on rows of an activation set: chooses contexts, encodes and decodes their ordinary rows exactly as
 * the architecture says (topk by its own selection), and runs the model on the reconstructions.
 */
export async function evaluateSae(task: EvaluationTask): Promise<SaeEvaluation> {
  const startedMs = task.now();
  const { store, runs, question, signal } = task;
  const artifact = await openSaeArtifact(store, question.sae, { signal });
  const set = await openCompleteSet(store, question.activationSet, 'activation_set');
  requireSameOrigin(artifact, set);
  const model = await openModel(task, set);
  const rule = await selectionRule(runs, { artifact, set, heldOut: question.heldOut });
  const selection = await selectContexts(set, rule, {
    maxTokens: question.maxTokens,
    signal,
    onRead: reporter(task, 'reading', question.maxTokens),
  });
  const losses =
    'absent' in model ? undefined : createModelLosses({ ...model, mean: selection.mean, signal });
  const limits = 'absent' in model ? BATCH_LIMITS : model.limits;
  const reconstruction = await measure(task, { artifact, set, selection, losses, limits });
  return {
    selection: rule.kind,
    tokens: selection.tokens,
    contexts: selection.contexts.length,
    reconstruction,
    model: losses ? await losses.metrics() : (model as { absent: string }),
    lineage: evaluationLineage(artifact, set),
    seconds: (task.now() - startedMs) / 1000,
  };
}

/** Finds the model that the set was captured from, or says why there is none to ask. */
async function openModel({ inference, question, signal }: EvaluationTask, set: ActivationSet) {
  if (question.reconstructionOnly) return { absent: 'reconstruction_only was asked for' };
  if (!inference)
    return { absent: 'this training service knows no inference service; set FACET_INFERENCE_ADDRESS' };
  const { modelId, modelSha256 } = set.manifest.lineage;
  const name = `models/${modelId}`;
  const { model } = await inference.getModel({ name }, { signal });
  requireServedModel(set, model!);
  const { hookPoint, dIn } = set.manifest.body;
  return { client: inference, model: name, modelSha256, hookPoint, limits: requestLimits(dIn) };
}

interface Measurement {
  artifact: SaeArtifact;
  set: ActivationSet;
  selection: Selection;
  losses: ModelLosses | undefined;
  limits: BatchLimits;
}

async function measure(task: EvaluationTask, measurement: Measurement) {
  const { artifact, set, selection, losses, limits } = measurement;
  const { sae } = artifact;
  const tally = createReconstructionTally(sae.cfg.d_sae, selection.mean);
  const report = reporter(task, 'evaluating', selection.tokens);
  // While the model works, it has the cores: the product is a small part of the work.
  const threads = losses ? 1 : task.threads;
  const encoder = await createSaeEncoder(sae, { maxRows: ENCODER_ROWS, threads });
  let done = 0;
  try {
    for await (const batch of readBatches(set, selection.contexts, { limits, signal: task.signal })) {
      task.signal.throwIfAborted();
      const x_hat = await reconstruct(artifact, encoder, { batch, tally });
      await losses?.add(batch, x_hat);
      done += batch.counted.reduce((sum, flag) => sum + flag, 0);
      report(done);
    }
  } finally {
    await encoder.close();
  }
  return tally.metrics();
}

/** Reconstructs the ordinary rows of a batch and counts those that count. */
async function reconstruct(
  { sae }: SaeArtifact,
  encoder: SaeEncoder,
  { batch, tally }: { batch: EvaluationBatch; tally: ReturnType<typeof createReconstructionTally> },
): Promise<Float32Array> {
  const { x, places } = batch;
  const f = await encoder.encode(x, places.length);
  const x_hat = decode(sae, f);
  tally.add({ x, x_hat, f, counted: Uint8Array.from(places, (place) => batch.counted[place]!) });
  return x_hat;
}

function reporter(
  { now, onProgress }: EvaluationTask,
  stage: EvaluationProgress['stage'],
  total: number,
): (done: number) => void {
  const meter = createRateMeter();
  let reportedMs = Number.NEGATIVE_INFINITY;
  return (done) => {
    if (now() - reportedMs < REPORT_INTERVAL_MS) return;
    reportedMs = now();
    onProgress({ stage, done, total, rate: meter.measure(done, reportedMs) });
  };
}
