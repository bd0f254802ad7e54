import {
  describeCapture,
  describeIndexing,
  describeTraining,
  formatCount,
  type Invocation,
  type Timings,
} from '@facet/console';
import type { ActivationSet, Feature, IndexingRun, TrainingRun } from '@facet/contracts';
import { type Lab, openLab } from '../landmarks/lab.ts';
import { type Answers, sampleAnswers } from './answers.ts';
import { type Dose, measureDoses } from './dose-response.ts';
import { describeChoice, type FoundBridge, findBridge, testOnHeldOut } from './finding/find-bridge.ts';
import type { Firings } from './finding/firings.ts';
import type { DemoPlan } from './plan.ts';
import { drawRandomFeature } from './random-feature.ts';

/** What the demo made, found and measured. */
export interface DemoFindings {
  readonly activationSet: ActivationSet;
  readonly trainingRun: TrainingRun;
  readonly indexingRun: IndexingRun;
  readonly found: FoundBridge;
  readonly firings: Firings;
  readonly answers: Answers;
  readonly randomFeature: Feature;
  readonly randomAnswers: Answers;
  readonly doses: readonly Dose[];
}

/** What every stage works with. */
interface Demo {
  lab: Lab;
  plan: DemoPlan;
  invocation: Invocation;
  timings: Timings;
}

/** Goes the whole way with the bundled model, from the world's texts to a model that takes itself for a bridge. */
export async function runDemo(
  plan: DemoPlan,
  invocation: Invocation,
  timings: Timings,
): Promise<DemoFindings> {
  const { dataDir, seed, trainTokens } = plan;
  const { lab, close } = await timings.measure(
    'start',
    () => openLab({ dataDir, seed: String(seed), trainTokens }, invocation),
    () => 'five services and ClickHouse',
  );
  let findings: DemoFindings;
  try {
    findings = await goTheWay({ lab, plan, invocation, timings });
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  await timings.measure('stop', close, () => '');
  return findings;
}

async function goTheWay(demo: Demo): Promise<DemoFindings> {
  const made = await makeFeatures(demo);
  const { lab, plan, invocation, timings } = demo;
  const { trainingRun } = made;
  const found = await timings.measure(
    'find',
    () => findBridge(lab, trainingRun, plan.labelledTokens, invocation),
    ({ candidates }) => describeChoice(candidates),
  );
  const [chosen] = found.candidates;
  const firings = await timings.measure(
    'test',
    () => testOnHeldOut(lab, trainingRun, chosen, plan.labelledTokens, invocation.signal),
    ({ all }) => `held-out F1 ${all.f1.toFixed(3)}`,
  );
  return { ...made, found, firings, ...(await steerAnswers(demo, chosen.feature)) };
}

/** From texts to an index of features; what an earlier run finished is used again. */
async function makeFeatures({ lab, timings }: Demo) {
  const begin = Date.now();
  const unlessReused = <T extends { createTime?: Date | undefined }>(describe: (made: T) => string) => {
    return (made: T) => `${describe(made)}${isOlder(made, begin) ? '; from an earlier run' : ''}`;
  };
  const corpus = await timings.measure(
    'compose',
    async () => lab.corpus('train', lab.trainTokens),
    ({ documents, truth }) =>
      `${formatCount(documents.length)} documents, ${formatCount(truth.tokenIds.length)} tokens`,
  );
  const activationSet = await timings.measure(
    'capture',
    () => lab.activations(corpus),
    unlessReused(describeCapture),
  );
  const trainingRun = await timings.measure('train', () => lab.sae(), unlessReused(describeTraining));
  const indexingRun = await timings.measure(
    'index',
    () => lab.index(trainingRun),
    unlessReused(describeIndexing),
  );
  return { activationSet, trainingRun, indexingRun };
}

function isOlder({ createTime }: { createTime?: Date | undefined }, than: number): boolean {
  return createTime !== undefined && createTime.getTime() < than;
}

/** What the model answers with the bridge's feature clamped, with a random one clamped, and at several strengths. */
async function steerAnswers({ lab, plan, invocation, timings }: Demo, feature: Feature) {
  const { clients, tokenized } = lab;
  const { strength, answerSeeds: seeds, seed } = plan;
  const asked = { strength, seeds, lexicon: tokenized.lexicon };
  const answers = await timings.measure(
    'steer',
    () => sampleAnswers(clients, { ...asked, feature, steeredOnly: false, title: 'steer' }, invocation),
    ({ normal, steered }) => `${normal.length + steered.length} answers`,
  );
  const control = async () => {
    const draw = { chosen: feature, seed, lexicon: tokenized.lexicon };
    const randomFeature = await drawRandomFeature(clients, draw, invocation.signal);
    const about = { ...asked, feature: randomFeature, steeredOnly: true, title: 'control' };
    return { randomFeature, randomAnswers: await sampleAnswers(clients, about, invocation) };
  };
  const controls = await timings.measure(
    'control',
    control,
    ({ randomFeature, randomAnswers }) =>
      `${randomAnswers.steered.length} answers with feature ${randomFeature.index}`,
  );
  const doses = await timings.measure(
    'dose',
    () => measureDoses(clients, { ...asked, feature, seeds: plan.doseSeeds }, invocation),
    (measured) => `${measured.length * plan.doseSeeds.length} answers`,
  );
  return { answers, ...controls, doses };
}
