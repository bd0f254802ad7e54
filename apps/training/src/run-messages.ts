import {
  type MemoryPlan as MemoryPlanMessage,
  type Progress,
  type TrainingEvaluation,
  type TrainingRun,
  TrainingRunState,
  type TrainingStepMetrics,
} from '@facet/contracts';
import type { Evaluation, MemoryPlan, Run, RunProgress, StepProgress } from './run-record.ts';
import { toTrainingSpec } from './spec-messages.ts';

/** Writes a run with everything known of it. */
export function toTrainingRun({ record, start, progress, outcome }: Run): TrainingRun {
  const current = progress?.uid === record.uid ? progress : undefined;
  const engine = record.spec.engine || 'cpu';
  return {
    name: `trainingRuns/${record.id}`,
    spec: toTrainingSpec(record.spec),
    state: outcome ? TrainingRunState[outcome.state] : stateOf(start !== undefined),
    progress: current && current.stage !== 'ended' ? toProgress(current) : undefined,
    stepMetrics: current?.step && toStepMetrics(current.step),
    evaluation: outcome?.evaluation && toEvaluation(outcome.evaluation, engine),
    error: outcome?.error,
    memoryPlan: toMemoryPlan(record.memory),
    createTime: new Date(record.createTime),
    updateTime: new Date(outcome?.time ?? start?.time ?? record.createTime),
  };
}

/** Writes metrics; what is not known is NaN, never a number that could be believed. */
export function toEvaluation(evaluation: Evaluation, engine: string): TrainingEvaluation {
  const fvu = evaluation.fvu ?? Number.NaN;
  return {
    heldOutTokens: BigInt(evaluation.heldOutTokens),
    l0: evaluation.l0 ?? Number.NaN,
    fvu,
    explainedVariance: 1 - fvu,
    deadFraction: evaluation.deadFraction,
    deadWindowTokens: BigInt(evaluation.deadWindowTokens),
    trainedTokens: BigInt(evaluation.trainedTokens),
    excludedRows: BigInt(evaluation.excludedRows),
    secondsPerMillionTokens: evaluation.secondsPerMillionTokens,
    engine,
  };
}

function stateOf(started: boolean): TrainingRunState {
  return started ? TrainingRunState.RUNNING : TrainingRunState.PENDING;
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
  };
}

function toMemoryPlan({ weights, optimizer, batch, rows, total, limit }: MemoryPlan): MemoryPlanMessage {
  return {
    weightsBytes: BigInt(weights),
    optimizerBytes: BigInt(optimizer),
    batchBytes: BigInt(batch),
    rowsBytes: BigInt(rows),
    totalBytes: BigInt(total),
    limitBytes: BigInt(limit),
  };
}
