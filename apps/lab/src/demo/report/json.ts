import { shareAbout, shareNamed, shareShown } from '../answers.ts';
import type { DemoFindings } from '../demo.ts';
import type { DemoPlan } from '../plan.ts';
import type { Spent } from './text.ts';

/** The demo's figures for programs. */
export function demoJson(plan: DemoPlan, findings: DemoFindings, spent: Spent) {
  const { found, firings, answers, randomFeature, randomAnswers, doses, trainingRun, activationSet } =
    findings;
  const { feature } = found.candidates[0];
  const recallOf = (wanted: string) => firings.byGroup.find(({ group }) => group === wanted)?.recall ?? 0;
  return {
    default_share: shareAbout(answers.normal),
    steered_share: shareAbout(answers.steered),
    random_share: shareAbout(randomAnswers.steered),
    steered_named_share: shareNamed(answers.steered),
    steered_shown_share: shareShown(answers.steered),
    random_shown_share: shareShown(randomAnswers.steered),
    default_text: answers.normal[0].text,
    steered_text: answers.steered[0].text,
    random_text: randomAnswers.steered[0].text,
    seeds: plan.answerSeeds.length,
    feature: feature.name,
    random_feature: randomFeature.name,
    hook_point: activationSet.spec?.hookPoint,
    max_activation: feature.maxActivation,
    density: feature.density,
    dose: plan.strength,
    positions_edited: answers.first.summary.positionsEdited,
    relative_delta: answers.relativeDelta,
    kl: answers.kl,
    default_nll: answers.normalNll,
    steered_nll: answers.steeredNll,
    precision: firings.all.precision,
    recall: firings.all.recall,
    f1: firings.all.f1,
    name_recall: recallOf('name'),
    paraphrase_recall: recallOf('paraphrase'),
    candidates: found.candidates.map((candidate) => ({
      feature: candidate.feature.index,
      auroc: candidate.auroc,
      f1: candidate.detection.f1,
    })),
    doses: doses.map(({ strength, share, unsteeredNll, kl, repetition }) => ({
      strength,
      share,
      unsteered_nll: unsteeredNll,
      kl,
      repetition,
    })),
    training: {
      tokens: Number(trainingRun.evaluation?.trainedTokens ?? 0),
      d_sae: trainingRun.spec?.dSae,
      l0: trainingRun.evaluation?.l0,
      fvu: trainingRun.evaluation?.fvu,
      dead_fraction: trainingRun.evaluation?.deadFraction,
    },
    report: plan.out,
    stage_seconds: Object.fromEntries(spent.stages.map(({ stage, seconds }) => [stage, round(seconds)])),
    seconds: round(spent.total),
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 100) / 100;
}
