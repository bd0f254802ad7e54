import {
  describeRecipe,
  formatBytes,
  formatCount,
  formatSeconds,
  formatShare,
  formatValue,
} from '@facet/console';
import { type Block, barFigure } from '@facet/report';
import type { DemoFindings } from '../demo.ts';
import type { Spent } from './text.ts';

/** The facts of the capture, the training and the index. */
export function trainingBlocks({ activationSet, trainingRun, indexingRun }: DemoFindings): Block[] {
  const { summary, spec } = activationSet;
  const { evaluation } = trainingRun;
  const rows: [string, string][] = [
    ['model', `${spec?.model}, residual stream at ${spec?.hookPoint}, ${summary?.dIn} dimensions`],
    ['activations', `${formatCount(summary?.rows ?? 0)} tokens, ${formatBytes(summary?.bytes ?? 0)}`],
    ['SAE', `${describeRecipe(trainingRun.spec)}, ${trainingRun.spec?.dSae} features`],
    ['trained on', `${formatCount(evaluation?.trainedTokens ?? 0)} tokens, repeats counted`],
    ['l0', `${formatValue(evaluation?.l0 ?? 0)} features a token`],
    [
      'fvu',
      `${formatValue(evaluation?.fvu ?? 0)}: explained variance ${formatShare(evaluation?.explainedVariance ?? 0)}, on held-out documents`,
    ],
    ['dead features', formatShare(evaluation?.deadFraction ?? 0)],
    [
      'index',
      `${formatCount(indexingRun.summary?.events ?? 0)} firings of ${formatCount(indexingRun.summary?.liveFeatures ?? 0)} live features`,
    ],
  ];
  return [{ kind: 'table', header: ['what', 'how much'], rows }];
}

/** Where the time went. */
export async function timeBlocks({ stages, total }: Spent): Promise<Block[]> {
  const figure = await barFigure({
    title: 'Where the time went',
    categories: stages.map(({ stage }) => stage),
    value: { label: 'seconds' },
    series: [{ name: 'seconds', values: stages.map(({ seconds }) => seconds) }],
    horizontal: true,
  });
  return [
    { kind: 'figure', figure, caption: `${formatSeconds(total)} in all, before this page was drawn.` },
    {
      kind: 'table',
      header: ['stage', 'time', 'work'],
      rows: stages.map(({ stage, seconds, work }) => [stage, formatSeconds(seconds), work]),
    },
  ];
}
