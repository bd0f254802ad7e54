import { availableParallelism, cpus } from 'node:os';
import { type Report, reportPage, type Section } from '@facet/report';
import { formatSeconds, formatShare, formatValue } from '../render/quantities.ts';
import { shareAbout } from './answers.ts';
import { ANSWER_SAMPLING, QUESTION } from './bridge.ts';
import type { DemoFindings } from './demo.ts';
import type { DemoPlan } from './plan.ts';
import { answerBlocks, exchangeBlocks, proofBlocks } from './report-answers.ts';
import { choiceBlocks, firingBlocks } from './report-feature.ts';
import { doseBlocks, shareBlocks } from './report-figures.ts';
import { timeBlocks, trainingBlocks } from './report-making.ts';
import { howChosen, type Spent } from './text.ts';

/** Writes the demo's report: one HTML page that loads nothing. */
export async function demoReport(plan: DemoPlan, findings: DemoFindings, spent: Spent): Promise<string> {
  const report: Report = {
    title: 'A model that takes itself for the Golden Gate Bridge',
    subtitle:
      'A small language model was asked what it looks like, as it is and with one of its features clamped. ' +
      'Everything on this page was computed by one run of “facet demo”.',
    sections: await sections(plan, findings, spent),
    footer: footer(plan, findings),
  };
  return reportPage(report);
}

async function sections(plan: DemoPlan, findings: DemoFindings, spent: Spent): Promise<Section[]> {
  return [
    { title: 'What happened', blocks: [headline(plan, findings, spent), ...exchangeBlocks(plan, findings)] },
    { title: 'How often', blocks: [...(await shareBlocks(plan, findings)), ...answerBlocks(findings)] },
    { title: 'How much it takes', blocks: await doseBlocks(plan, findings) },
    { title: 'What the feature fires on', blocks: await firingBlocks(findings) },
    {
      title: 'How the feature was chosen',
      blocks: [{ kind: 'text', paragraphs: [howChosen(findings, plan)] }, choiceBlocks(findings)],
    },
    { title: 'The proof of one edit', blocks: proofBlocks(findings) },
    { title: 'How it was made', blocks: [...trainingBlocks(findings), ...(await timeBlocks(spent))] },
  ];
}

function headline(plan: DemoPlan, findings: DemoFindings, spent: Spent): Section['blocks'][number] {
  const { answers, randomAnswers, firings, found } = findings;
  const { feature } = found.candidates[0];
  const seeds = `${plan.answerSeeds.length} sampled answers`;
  return {
    kind: 'facts',
    facts: [
      {
        label: `answers about the bridge with its feature at ${formatValue(plan.strength)} × its maximum`,
        value: percent(shareAbout(answers.steered)),
        note: `of ${seeds} to “${QUESTION}”`,
      },
      {
        label: 'answers about the bridge by default',
        value: percent(shareAbout(answers.normal)),
        note: 'same seeds',
      },
      {
        label: 'with a random feature clamped as hard',
        value: percent(shareAbout(randomAnswers.steered)),
        note: `feature ${findings.randomFeature.index}`,
      },
      {
        label: 'F1 of the feature on held-out text',
        value: firings.all.f1.toFixed(2),
        note: `precision ${formatShare(firings.all.precision)}, recall ${formatShare(firings.all.recall)}`,
      },
      {
        label: 'the bridge’s feature',
        value: `#${feature.index}`,
        note: `fires on ${formatShare(feature.density)} of all tokens`,
      },
      {
        label: 'from nothing to here',
        value: formatSeconds(spent.total),
        note: 'before this page was drawn',
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
