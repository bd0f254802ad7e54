import {
  formatShare,
  formatValue,
  type Invocation,
  renderProof,
  renderSideBySide,
  renderTable,
  renderTimings,
  type StageTime,
} from '@facet/console';
import { shareAbout, shareNamed, shareShown } from '../answers.ts';
import { ANSWER_SAMPLING, QUESTION, SCOPE } from '../bridge.ts';
import type { DemoFindings } from '../demo.ts';
import type { Candidate } from '../finding/choose-feature.ts';
import type { DemoPlan } from '../plan.ts';

/** Where the time went. */
export interface Spent {
  stages: readonly StageTime[];
  total: number;
}

/** Positions of the proof that are shown, candidates, and answers. */
const SHOWN_POSITIONS = 10;
const SHOWN_CANDIDATES = 5;
const SHOWN_ANSWERS = 3;

/** Writes what the demo found, for people. */
export function demoText(
  plan: DemoPlan,
  findings: DemoFindings,
  spent: Spent,
  { palette, columns }: Pick<Invocation, 'palette' | 'columns'>,
): string {
  const { found, answers } = findings;
  const { feature } = found.candidates[0];
  const heading = (text: string) => `\n${palette.bold(text)}`;
  return [
    heading(`The Golden Gate Bridge is ${feature.name}`),
    howChosen(findings, plan),
    renderTable(found.candidates.slice(0, SHOWN_CANDIDATES), CANDIDATE_COLUMNS, palette),
    onHeldOut(findings),
    heading(`Human: ${QUESTION}`),
    renderSideBySide(
      { title: 'assistant', text: firstTexts(answers.normal) },
      { title: `the same, feature × ${plan.strength}`, text: firstTexts(answers.steered) },
      columns,
      palette,
    ),
    heading('Proof, first answer'),
    renderProof(answers.first, SHOWN_POSITIONS, palette),
    heading(
      `Answers about the bridge, ${plan.answerSeeds.length} seeds, temperature ${ANSWER_SAMPLING.temperature}`,
    ),
    renderTable(shareRows(findings, plan), SHARE_COLUMNS, palette),
    SCOPE,
    heading('Dose and response'),
    renderTable(findings.doses, DOSE_COLUMNS, palette),
    heading('Where the time went'),
    renderTimings(spent.stages, spent.total, palette),
    `\nreport: ${plan.out}`,
  ].join('\n');
}

/** Says in one sentence how the feature was chosen. */
export function howChosen({ found, trainingRun }: DemoFindings, { labelledTokens }: DemoPlan): string {
  const { positives, negatives, candidates } = found;
  return (
    `A contrast search over all ${trainingRun.spec?.dSae} features, with ${positives} sentences about the bridge in four languages ` +
    `against ${negatives} about near misses and other things, gave ${candidates.length} candidates; the one with the best F1 on ` +
    `${labelledTokens.toLocaleString('en-US')} labelled tokens of the train part was chosen.`
  );
}

/** Says how well the chosen feature tells the bridge on the held-out part. */
export function onHeldOut({ firings: { all, byGroup } }: DemoFindings): string {
  const groups = byGroup
    .filter(({ mentions }) => mentions > 0)
    .map(({ group, recall }) => `${group} ${formatShare(recall)}`);
  return (
    `On held-out text: precision ${formatShare(all.precision)}, recall ${formatShare(all.recall)}, F1 ${all.f1.toFixed(3)}; ` +
    `recall by kind: ${groups.join(', ')}.`
  );
}

function firstTexts(answers: DemoFindings['answers']['steered']): string {
  return answers
    .slice(0, SHOWN_ANSWERS)
    .map(({ text }) => text || '(nothing)')
    .join('\n\n');
}

const CANDIDATE_COLUMNS = [
  { title: 'feature', cell: ({ feature }: Candidate) => String(feature.index), align: 'right' as const },
  { title: 'AUROC', cell: ({ auroc }: Candidate) => auroc.toFixed(3), align: 'right' as const },
  ...(['precision', 'recall', 'f1'] as const).map((name) => ({
    title: name === 'f1' ? 'F1' : name,
    cell: ({ detection }: Candidate) => detection[name].toFixed(3),
    align: 'right' as const,
  })),
  {
    title: 'density',
    cell: ({ feature }: Candidate) => formatShare(feature.density),
    align: 'right' as const,
  },
  {
    title: 'max',
    cell: ({ feature }: Candidate) => formatValue(feature.maxActivation),
    align: 'right' as const,
  },
];

/** Shares of one kind of answers. */
export interface ShareRow {
  readonly name: string;
  readonly about: number;
  readonly named: number;
  readonly shown: number;
  /** ‖x' − x‖ / ‖x‖; undefined without an edit. */
  readonly relativeDelta: number | undefined;
  /** Negative log-likelihood under the unsteered model, nats a token. */
  readonly nll: number;
}

/** Default, steered and random, in this order. */
export function shareRows(
  { answers, randomAnswers, randomFeature }: DemoFindings,
  { strength }: DemoPlan,
): ShareRow[] {
  const times = `× ${strength}`;
  const row = (name: string, of: typeof answers.steered) => ({
    name,
    about: shareAbout(of),
    named: shareNamed(of),
    shown: shareShown(of),
  });
  return [
    { ...row('default', answers.normal), relativeDelta: undefined, nll: answers.normalNll },
    {
      ...row(`bridge feature ${times}`, answers.steered),
      relativeDelta: answers.relativeDelta,
      nll: answers.steeredNll,
    },
    {
      ...row(`random feature ${randomFeature.index} ${times}`, randomAnswers.steered),
      relativeDelta: randomAnswers.relativeDelta,
      nll: randomAnswers.steeredNll,
    },
  ];
}

const SHARE_COLUMNS = [
  { title: 'answers', cell: ({ name }: ShareRow) => name },
  { title: 'about it', cell: ({ about }: ShareRow) => formatShare(about), align: 'right' as const },
  { title: 'by name', cell: ({ named }: ShareRow) => formatShare(named), align: 'right' as const },
  { title: 'or its sign', cell: ({ shown }: ShareRow) => formatShare(shown), align: 'right' as const },
  {
    title: '‖Δx‖/‖x‖',
    cell: ({ relativeDelta }: ShareRow) => (relativeDelta === undefined ? '' : formatValue(relativeDelta)),
    align: 'right' as const,
  },
  { title: 'unsteered nll', cell: ({ nll }: ShareRow) => formatValue(nll), align: 'right' as const },
];

type DoseRow = DemoFindings['doses'][number];

const DOSE_COLUMNS = [
  { title: '× max', cell: ({ strength }: DoseRow) => String(strength), align: 'right' as const },
  { title: 'about it', cell: ({ share }: DoseRow) => formatShare(share), align: 'right' as const },
  {
    title: 'unsteered nll',
    cell: ({ unsteeredNll }: DoseRow) => formatValue(unsteeredNll),
    align: 'right' as const,
  },
  { title: 'KL', cell: ({ kl }: DoseRow) => formatValue(kl), align: 'right' as const },
  {
    title: 'repetition',
    cell: ({ repetition }: DoseRow) => formatShare(repetition),
    align: 'right' as const,
  },
];
