import {
  type Clients,
  capture,
  createEdit,
  describeCapture,
  describeIndexing,
  describeSteering,
  describeTraining,
  type Invocation,
  indexFeatures,
  type SteeringOutcome,
  steer,
  type Timings,
  train,
} from '@facet/console';
import type {
  ActivationSet,
  Feature,
  FeatureContrast,
  FeatureExample,
  IndexingRun,
  TrainingRun,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { findFeatures } from './find.ts';
import type { RunPlan } from './plan.ts';

/** What the whole way made and found. */
export interface WayResult {
  activationSet: ActivationSet;
  trainingRun: TrainingRun;
  indexingRun: IndexingRun;
  contrasts: readonly FeatureContrast[];
  /** The feature that was steered with. */
  feature: Feature;
  examples: readonly FeatureExample[];
  steering: SteeringOutcome;
}

/** What is noted on the way. */
export interface WayNotes {
  timings: Timings;
  /** Names of the resources that were created, in order. */
  made: Set<string>;
}

/** Goes the whole way: corpus to activation set to SAE to index to feature to steered text. */
export async function goTheWay(
  clients: Clients,
  plan: RunPlan,
  invocation: Invocation,
  { timings, made }: WayNotes,
): Promise<WayResult> {
  const { id } = plan;
  const started = (name: string) => made.add(name);
  const activationSet = await timings.measure(
    'capture',
    () => capture(clients, { id, spec: plan.capture, started }, invocation),
    describeCapture,
  );
  const trainingRun = await timings.measure(
    'train',
    () => train(clients, { id, spec: trainingSpec(plan, activationSet), started }, invocation),
    describeTraining,
  );
  const sae = `saes/${id}`;
  made.add(sae);
  const indexingRun = await timings.measure(
    'index',
    () => indexFeatures(clients, { id, spec: { sae, activationSet: activationSet.name } }, invocation),
    describeIndexing,
  );
  const found = await timings.measure(
    'find',
    () => findFeatures(clients, { parent: sae, ...plan.find }, plan.feature, invocation),
    ({ contrasts }) => `${contrasts.length} best of ${trainingRun.spec?.dSae} features`,
  );
  const edit = createEdit(found.feature.name, plan.steer);
  const request = { prompt: plan.prompt, edits: [edit], sampling: plan.sampling };
  const steering = await timings.measure(
    'steer',
    () => steer(clients, request, invocation),
    describeSteering,
  );
  return { activationSet, trainingRun, indexingRun, ...found, steering };
}

/** The tokens to train on follow from the epochs and what was captured, unless they are given. */
function trainingSpec(
  { training, epochs, id }: RunPlan,
  { name, summary }: ActivationSet,
): RunPlan['training'] {
  if (summary === undefined) throw new FacetError('unavailable', `${name} came without a summary; try again`);
  const usable = Number(summary.rows - summary.specialRows);
  const given = training.tokens ?? 0n;
  const tokens = given > 0n ? given : BigInt(Math.max(1, Math.round(usable * epochs)));
  return { ...training, activationSets: [name], sae: `saes/${id}`, tokens };
}
