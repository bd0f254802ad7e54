import {
  type MemoryPlan as MemoryPlanMessage,
  type Progress,
  type TrainingEvaluation,
  type TrainingMember,
  type TrainingRun,
  TrainingRunState,
  type TrainingStepMetrics,
} from '@facet/contracts';
import { engineOf, targetWarnings } from '@facet/sae-training';
import { hasVariants, memberOutcomes, membersOf } from '../records/run-members.ts';
import type {
  Evaluation,
  MemoryPlan,
  Run,
  RunProgress,
  RunSpec,
  StepProgress,
} from '../records/run-record.ts';
import { isResting } from '../records/run-store.ts';
import { toTrainingSpec } from './spec-messages.ts';

/** Writes a run with everything known of it. */
export function toTrainingRun(run: Run): TrainingRun {
  const { record, start, progress, outcome, checkpoint } = run;
  const current = progress?.uid === record.uid ? progress : undefined;
  const engine = engineNameOf(record.spec);
  return {
    name: `trainingRuns/${record.id}`,
    spec: toTrainingSpec(record.spec),
    state: stateOf(run),
    progress: current && current.stage !== 'ended' ? toProgress(current) : undefined,
    stepMetrics: current?.step && toStepMetrics(current.step),
    evaluation: outcome?.evaluation && toEvaluation(outcome.evaluation, engine),
    error: outcome?.error,
    memoryPlan: toMemoryPlan(record.memory),
    createTime: new Date(record.createTime),
    updateTime: new Date(outcome?.time ?? start?.time ?? record.createTime),
    checkpoint: checkpoint && {
      step: BigInt(checkpoint.step),
      time: new Date(checkpoint.time),
      bytes: BigInt(checkpoint.bytes),
    },
    members: hasVariants(record.spec) ? toMembers(run, current) : [],
    engine,
    backend: backendOf(run, current),
  };
}

/** The engine of a run, without the backend that its creator may have named. */
function engineNameOf({ engine }: RunSpec): string {
  return engineOf(engine || 'cpu').name;
}

/** What the engine ran on, or runs on now. */
function backendOf({ outcome }: Run, progress: RunProgress | undefined): string {
  const evaluated = outcome && memberOutcomes(outcome).find(({ evaluation }) => evaluation);
  return evaluated?.evaluation?.backend ?? progress?.backend ?? '';
}

/** Writes the SAEs of a run that trains several, each with what is known of it. */
function toMembers({ record: { spec }, outcome }: Run, progress: RunProgress | undefined): TrainingMember[] {
  const outcomes = outcome ? memberOutcomes(outcome) : [];
  return membersOf(spec).map(({ sae }, i) => {
    const step = progress?.members?.[i];
    const { evaluation, error } = outcomes[i] ?? {};
    return {
      sae: `saes/${sae}`,
      stepMetrics: step ? toStepMetrics(step) : undefined,
      evaluation: evaluation && toEvaluation(evaluation, engineNameOf(spec)),
      error,
    };
  });
}

/** Writes metrics; what is not known is NaN, never a number that could be believed. */
export function toEvaluation(evaluation: Evaluation, engine: string): TrainingEvaluation {
  const fvu = evaluation.fvu ?? Number.NaN;
  const [l0, targetL0] = [evaluation.l0 ?? Number.NaN, evaluation.targetL0 ?? 0];
  return {
    heldOutTokens: BigInt(evaluation.heldOutTokens),
    l0,
    targetL0,
    warnings: targetWarnings({ l0, target_l0: targetL0 }),
    fvu,
    explainedVariance: 1 - fvu,
    deadFraction: evaluation.deadFraction,
    deadWindowTokens: BigInt(evaluation.deadWindowTokens),
    trainedTokens: BigInt(evaluation.trainedTokens),
    excludedRows: BigInt(evaluation.excludedRows),
    secondsPerMillionTokens: evaluation.secondsPerMillionTokens,
    engine,
    backend: evaluation.backend ?? '',
    meanCosine: evaluation.meanCosine ?? Number.NaN,
    meanNormRatio: evaluation.meanNormRatio ?? Number.NaN,
    densityEdges: evaluation.density?.edges ?? [],
    densityCounts: (evaluation.density?.counts ?? []).map(BigInt),
    densityTokens: BigInt(evaluation.density?.tokens ?? 0),
    outlierRows: BigInt(evaluation.outlierRows ?? 0),
    peakMemoryBytes: BigInt(evaluation.peakMemoryBytes ?? 0),
    resumes: evaluation.resumes ?? 0,
  };
}

function stateOf(run: Run): TrainingRunState {
  if (run.outcome) return TrainingRunState[run.outcome.state];
  if (isResting(run)) return TrainingRunState.PAUSED;
  return run.start ? TrainingRunState.RUNNING : TrainingRunState.PENDING;
}

function toProgress({ stage, done, total, rate, etaSeconds }: RunProgress): Progress {
  return {
    stage,
    done: BigInt(done),
    total: total === undefined ? undefined : BigInt(total),
    unit: 'tokens',
    rate,
    etaSeconds,
  };
}

function toStepMetrics({ step, steps, fvu, ...metrics }: StepProgress): TrainingStepMetrics {
  return {
    step: BigInt(step),
    steps: BigInt(steps),
    loss: metrics.loss,
    l0: metrics.l0,
    fvu: fvu ?? Number.NaN,
    deadFraction: metrics.deadFraction,
    tokensPerSecond: metrics.tokensPerSecond,
    learningRate: metrics.learningRate,
    gradientNorm: metrics.gradientNorm ?? Number.NaN,
  };
}

function toMemoryPlan(plan: MemoryPlan): MemoryPlanMessage {
  return {
    weightsBytes: BigInt(plan.weights),
    optimizerBytes: BigInt(plan.optimizer),
    gradientsBytes: BigInt(plan.gradients ?? 0),
    batchBytes: BigInt(plan.batch),
    preActivationsBytes: BigInt(plan.preActivations ?? 0),
    rowsBytes: BigInt(plan.rows),
    bufferRows: BigInt(plan.bufferRows),
    copiesBytes: BigInt(plan.copies ?? 0),
    totalBytes: BigInt(plan.total),
    limitBytes: BigInt(plan.limit),
  };
}
