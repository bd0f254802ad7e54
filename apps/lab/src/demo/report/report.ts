import { availableParallelism, cpus } from 'node:os';
import { formatSeconds, formatShare } from '@facet/console';
import { type Report, reportPage, type Section } from '@facet/report';
import { shareAbout } from '../answers.ts';
import { ANSWER_SAMPLING, QUESTION, SCOPE } from '../bridge.ts';
import type { DemoFindings } from '../demo.ts';
import type { DemoPlan } from '../plan.ts';
import { answerBlocks, exchangeBlocks, proofBlocks } from './report-answers.ts';
import { choiceBlocks, firingBlocks } from './report-feature.ts';
import { doseBlocks, shareBlocks } from './report-figures.ts';
import { timeBlocks, trainingBlocks } from './report-making.ts';
import { howChosen, type Spent } from './text.ts';

/** Writes the demo's report: one HTML page that loads nothing. */
export async function demoReport(plan: DemoPlan, findings: DemoFindings, spent: Spent): Promise<string> {
  const report: Report = {
    title: `“${QUESTION}”`,
    subtitle:
      'A small language model answers as it is, and with the feature of the Golden Gate Bridge clamped. ' +
      `One run of “facet demo” computed everything on this page, in ${formatSeconds(spent.total)}.`,
    sections: await sections(plan, findings, spent),
    footer: footer(plan, findings),
  };
  return reportPage(report);
}

async function sections(plan: DemoPlan, findings: DemoFindings, spent: Spent): Promise<Section[]> {
  return [
    {
      title: 'What happened',
      blocks: [
        headline(plan, findings),
        { kind: 'text', paragraphs: [SCOPE] },
        ...exchangeBlocks(plan, findings),
      ],
    },
    { title: 'How often', blocks: [...(await shareBlocks(plan, findings)), ...answerBlocks(findings)] },
    { title: 'How much it takes', blocks: await doseBlocks(plan, findings) },
    { title: 'What the feature fires on', blocks: await firingBlocks(findings) },
    {
      title: 'How the feature was chosen',
      blocks: [{ kind: 'text', paragraphs: [howChosen(findings, plan)] }, choiceBlocks(findings)],
    },
    { title: 'The proof of one edit', blocks: proofBlocks(plan, findings) },
    { title: 'How it was made', blocks: [...trainingBlocks(findings), ...(await timeBlocks(spent))] },
  ];
}

function headline(plan: DemoPlan, findings: DemoFindings): Section['blocks'][number] {
  const { answers, randomAnswers, randomFeature, firings, found } = findings;
  const { feature } = found.candidates[0];
  const { precision, recall, f1 } = firings.all;
  return {
    kind: 'facts',
    facts: [
      {
        label: 'about the bridge, steered',
        value: percent(shareAbout(answers.steered)),
        note: `of ${plan.answerSeeds.length} answers; feature ${feature.index} at ${plan.strength} × its maximum`,
      },
      {
        label: 'about it by default',
        value: percent(shareAbout(answers.normal)),
        note: 'with the same seeds',
      },
      {
        label: 'with a random feature',
        value: percent(shareAbout(randomAnswers.steered)),
        note: `feature ${randomFeature.index}, clamped as hard`,
      },
      {
        label: 'F1 on held-out text',
        value: f1.toFixed(2),
        note: `of the feature: precision ${formatShare(precision)}, recall ${formatShare(recall)}`,
      },
    ],
  };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function footer({ seed, answerSeeds }: DemoPlan, { activationSet, found }: DemoFindings): string {
  const model = activationSet.spec?.model ?? '';
  const { feature } = found.candidates[0];
  return [
    `${model} at ${activationSet.spec?.hookPoint}; ${feature.name}; seed ${seed}, answers with seeds ${answerSeeds[0]} to ${answerSeeds.at(-1)}, ` +
      `temperature ${ANSWER_SAMPLING.temperature}, at most ${ANSWER_SAMPLING.maxTokens} tokens, ended by the end of the line.`,
    `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'processor'}, Node.js ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}.`,
    'An answer counts as about the bridge where it holds its name, or words that the world has for the bridge alone.',
  ].join('\n');
}
