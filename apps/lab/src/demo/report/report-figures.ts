import { formatValue } from '@facet/console';
import { type Block, barFigure, lineFigure } from '@facet/report';
import type { DemoFindings } from '../demo.ts';
import type { DemoPlan } from '../plan.ts';
import { shareRows } from './text.ts';

const DOSE_HEIGHT = 230;

/** Default, steered and random beside each other. */
export async function shareBlocks(plan: DemoPlan, findings: DemoFindings): Promise<Block[]> {
  const rows = shareRows(findings, plan);
  const figure = await barFigure({
    title: 'Answers about the Golden Gate Bridge',
    categories: rows.map(({ name }) => name),
    value: { label: 'share of the answers', domain: [0, 1], format: 'percent' },
    series: [
      { name: 'about the bridge', values: rows.map(({ about }) => about) },
      { name: 'calls it by name', values: rows.map(({ named }) => named) },
      { name: 'about it, or shows its sign', values: rows.map(({ shown }) => shown), muted: true },
    ],
    horizontal: true,
  });
  const [, steered, random] = rows;
  return [
    {
      kind: 'figure',
      figure,
      caption:
        `${plan.answerSeeds.length} sampled answers each. The sign is 🌉, which the world puts behind mentions of the bridge. The random feature fires about as often as the bridge’s, and its strongest examples are about ` +
        `other things; its clamp moves the residual vector by ${formatValue(random.relativeDelta ?? 0)} × its norm, the bridge’s by ` +
        `${formatValue(steered.relativeDelta ?? 0)} ×.`,
    },
  ];
}

/** How answers change with the strength of the clamp. */
export async function doseBlocks(plan: DemoPlan, { doses, answers }: DemoFindings): Promise<Block[]> {
  const x = {
    label: 'clamp, × largest activation',
    scale: 'symlog' as const,
    ticks: doses.map(({ strength }) => strength),
  };
  const share = await lineFigure({
    title: 'Dose and response',
    x,
    y: { label: 'answers about the bridge', domain: [0, 1], format: 'percent' },
    series: [{ name: 'about the bridge', points: doses.map(({ strength, share }) => [strength, share]) }],
    height: DOSE_HEIGHT,
  });
  const fluency = await lineFigure({
    title: 'What it costs',
    x,
    y: { label: 'unsteered loss, nats a token', domain: [0, niceTop(doses, answers.normalNll)] },
    series: [
      {
        name: 'steered answers',
        points: doses.map(({ strength, unsteeredNll }) => [strength, unsteeredNll]),
      },
    ],
    rules: [{ y: answers.normalNll, label: 'default answers' }],
    height: DOSE_HEIGHT,
  });
  return [
    {
      kind: 'figure',
      figure: share,
      caption: `${plan.doseSeeds.length} answers at every strength, with the same seeds. At 0 the feature is switched off.`,
    },
    {
      kind: 'figure',
      figure: fluency,
      caption:
        'Mean negative log-likelihood of the answers under the model without the edit: how surprising it finds what it was made to say, in content and in ' +
        'form. Text that fell apart lies far above.',
    },
  ];
}

function niceTop(doses: DemoFindings['doses'], least: number): number {
  return Math.ceil(1.05 * Math.max(least, ...doses.map(({ unsteeredNll }) => unsteeredNll)));
}
