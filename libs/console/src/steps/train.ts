import {
  type TrainingMember,
  TrainingRun,
  type TrainingSpec,
  type TrainingStepMetrics,
} from '@facet/contracts';
import { newId } from '@facet/mesh';
import type { Invocation } from '../command/invocation.ts';
import type { Clients } from '../services/clients.ts';
import { formatCount, formatNumberOf, formatShare, formatValue } from '../text/quantities.ts';
import { doWork, type LongWork, type WorkView } from './follow.ts';
import { shortState } from './state.ts';
import { describeEngine, leftOut, trainingWarnings } from './training-runs.ts';

/** What to train and under which id. */
export interface TrainRequest {
  id: string;
  spec: Partial<TrainingSpec>;
  /** Called with the name of the resource when it has been created. */
  started?: (name: string) => void;
}

/** Creates a training run and follows it until its SAE is published; cancels it when interrupted. */
export async function train(
  clients: Clients,
  { id, spec, started }: TrainRequest,
  invocation: Pick<Invocation, 'progress' | 'signal'>,
): Promise<TrainingRun> {
  const name = `trainingRuns/${id}`;
  const step = {
    title: 'train',
    work: trainingWork(clients, name),
    start: async (signal: AbortSignal) => {
      await clients.training.createTrainingRun(
        { trainingRunId: id, requestId: newId('request'), spec },
        { signal },
      );
      started?.(name);
    },
    outcome: describeTraining,
  };
  return doWork(step, invocation);
}

/** A training run as work that can be followed. */
export function trainingWork(clients: Clients, name: string): LongWork<TrainingRun> {
  return {
    name,
    watch: async function* (signal) {
      for await (const { trainingRun } of clients.training.watchTrainingRun({ name }, { signal })) {
        yield TrainingRun.fromPartial(trainingRun ?? {});
      }
    },
    cancel: (signal) => clients.training.cancelTrainingRun({ name }, { signal }),
    view: trainingView,
  };
}

/** What is said of a run that trains and has no metrics yet: of large SAEs that is so for minutes. */
const FIRST_STEP = 'computing the first step';

function trainingView({ state, progress, error, stepMetrics, ...run }: TrainingRun): WorkView {
  const metrics = stepMetrics ? describeStep(stepMetrics) : describeMembers(run.members);
  const quality = metrics ?? (progress?.stage === 'training' ? FIRST_STEP : undefined);
  const detail = quality && `${quality}${run.backend && `, ${describeEngine(run)}`}`;
  return { state: shortState(state), progress, error, detail };
}

function describeStep({ loss, l0, fvu, deadFraction }: TrainingStepMetrics): string {
  const values = `loss ${formatValue(loss)}, l0 ${formatValue(l0)}, fvu ${formatValue(fvu)}`;
  return `${values}, dead ${formatShare(deadFraction)}`;
}

/** Says between what the metrics of several SAEs lie. */
function describeMembers(members: readonly TrainingMember[]): string | undefined {
  const metrics = members.flatMap(({ evaluation, stepMetrics }) => evaluation ?? stepMetrics ?? []);
  if (metrics.length === 0) return undefined;
  const range = (values: readonly number[]) => {
    const known = values.filter(Number.isFinite);
    return known.length === 0
      ? '?'
      : `${formatValue(Math.min(...known))} to ${formatValue(Math.max(...known))}`;
  };
  const l0 = range(metrics.map((one) => one.l0));
  return `${formatNumberOf(metrics.length, 'SAE')}, l0 ${l0}, fvu ${range(metrics.map((one) => one.fvu))}`;
}

/** Says in short how good the SAEs of a run are, and what went otherwise than asked for. */
export function describeTraining(run: TrainingRun): string {
  return [describeQuality(run), ...trainingWarnings(run)].join('; warning: ');
}

function describeQuality({ evaluation, members }: TrainingRun): string {
  const trained = members.find((member) => member.evaluation)?.evaluation;
  if (trained) return `${formatCount(trained.trainedTokens)} tokens, ${describeMembers(members)}`;
  if (evaluation === undefined) return 'no evaluation';
  const { trainedTokens, l0, fvu, explainedVariance, deadFraction } = evaluation;
  return (
    `${formatCount(trainedTokens)} tokens, l0 ${formatValue(l0)}, fvu ${formatValue(fvu)} ` +
    `(explained variance ${formatValue(explainedVariance)}), dead ${formatShare(deadFraction)}`
  );
}

/** Says how good the SAEs of a run are, over how many tokens that was measured, which were left out; warnings on their own lines. */
export function describeTrainingInFull(run: TrainingRun): string {
  const trained = run.members.find((member) => member.evaluation)?.evaluation ?? run.evaluation;
  if (trained === undefined) return describeQuality(run);
  const { heldOutTokens, deadWindowTokens } = trained;
  const measured =
    `${describeQuality(run)}; measured on ${formatCount(heldOutTokens)} held-out tokens, ` +
    `dead over the last ${formatCount(deadWindowTokens)} of training; ${leftOut(trained)} left out`;
  return [measured, ...trainingWarnings(run)].join('\nwarning: ');
}
