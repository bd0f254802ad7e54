import { type Block, histogramFigure, type TokenExample } from '@facet/report';
import { formatCount, formatShare } from '../render/quantities.ts';
import type { DemoFindings } from './demo.ts';
import type { Passage } from './firings.ts';

const BINS = 30;
const HISTOGRAM_HEIGHT = 220;

/** Where the feature fires and where it is silent, on held-out text. */
export async function firingBlocks({ firings, found }: DemoFindings): Promise<Block[]> {
  const { feature } = found.candidates[0];
  const max = feature.maxActivation;
  const { hits, nearMisses, byGroup } = firings;
  return [
    {
      kind: 'text',
      paragraphs: [
        'All texts are held out: their sentence forms and paraphrases occur neither in what the language model was trained on nor in what the SAE ' +
          'was. Tokens that belong to the bridge by ground truth are underlined; the colour is the feature’s activation.',
      ],
    },
    {
      kind: 'tokens',
      examples: hits.map((passage) => exampleOf(passage, true)),
      max,
      caption:
        'The first held-out mention of every kind, not the strongest ones. The number is the largest activation in the passage.',
    },
    { kind: 'heading', text: 'Near misses' },
    {
      kind: 'tokens',
      examples: nearMisses.map((passage) => exampleOf(passage, false)),
      max,
      caption: 'Other bridges and other sights of San Francisco: here the feature should be silent.',
    },
    { kind: 'heading', text: 'Activations' },
    await histogramBlock(firings),
    {
      kind: 'table',
      header: ['mentions', 'number', 'found'],
      rows: [
        ...byGroup.map(({ group, recall, mentions }) => [
          group,
          mentions,
          mentions === 0 ? null : formatShare(recall),
        ]),
      ],
      caption: `Share of the held-out mentions with at least one token above the threshold ${firings.all.threshold.toFixed(3)} that was chosen on the train part.`,
    },
  ];
}

function exampleOf({ title, tokens }: Passage, truth: boolean): TokenExample {
  return { tokens, tag: title, truth };
}

async function histogramBlock(firings: DemoFindings['firings']): Promise<Block> {
  const { onBridge, elsewhere, bridgeTokens, otherTokens, all } = firings;
  const series = [
    { name: 'tokens of the bridge', values: onBridge },
    { name: 'other tokens', values: elsewhere, muted: true },
  ].filter(({ values }) => values.length > 0);
  const silent = (fired: number, of: number) => `${formatCount(of - fired)} of ${formatCount(of)}`;
  const caption =
    `Silent, and so not shown: ${silent(onBridge.length, bridgeTokens)} tokens of the bridge and ${silent(elsewhere.length, otherTokens)} other tokens. ` +
    'A token belongs to the bridge where it names it, paraphrases it, or says something about it.';
  if (series.length === 0)
    return { kind: 'text', paragraphs: ['The feature fired nowhere on the held-out text.'] };
  const figure = await histogramFigure({
    title: 'How strongly it fires, on which tokens',
    x: { label: 'activation of the feature' },
    y: { label: 'held-out tokens' },
    series,
    bins: BINS,
    rules: all.threshold > 0 ? [{ x: all.threshold, label: 'threshold' }] : [],
    height: HISTOGRAM_HEIGHT,
  });
  return { kind: 'figure', figure, caption };
}

/** The candidates of the contrast search with their figures on the labelled train part. */
export function choiceBlocks({ found }: DemoFindings): Block {
  return {
    kind: 'table',
    header: ['feature', 'AUROC', 'precision', 'recall', 'F1', 'density', 'largest activation', 'promotes'],
    rows: found.candidates.slice(0, SHOWN_CANDIDATES).map(({ feature, auroc, detection }) => [
      `#${feature.index}`,
      auroc,
      detection.precision,
      detection.recall,
      detection.f1,
      formatShare(feature.density),
      feature.maxActivation,
      feature.topEffects
        .slice(0, SHOWN_EFFECTS)
        .map(({ text }) => text.trim())
        .join(' · '),
    ]),
    decimals: 3,
    caption:
      'AUROC tells the sentences of the contrast search apart by the largest activation in each; the rest is per token and mention.',
  };
}

const SHOWN_CANDIDATES = 8;
const SHOWN_EFFECTS = 4;
