import { formatCount, formatShare, formatValue } from '@facet/console';
import type { Feature } from '@facet/contracts';
import { type Block, barFigure, histogramFigure, type TokenExample } from '@facet/report';
import type { DemoFindings } from '../demo.ts';
import type { Passage } from '../finding/firings.ts';

const BINS = 30;
const HISTOGRAM_HEIGHT = 220;

/** Where the feature fires and where it is silent, on held-out text. */
export async function firingBlocks({ firings, found }: DemoFindings): Promise<Block[]> {
  const { feature } = found.candidates[0];
  const max = feature.maxActivation;
  const { hits, nearMisses } = firings;
  return [
    {
      kind: 'text',
      paragraphs: [
        'All texts are held out: new combinations, half of the sentences in forms and every paraphrase in a pairing of words that neither the ' +
          'language model nor the SAE has read. Tokens that belong to the bridge by ground truth are underlined; the colour is the feature’s activation.',
      ],
    },
    {
      kind: 'tokens',
      examples: hits.map((passage) => exampleOf(passage, true)),
      max,
      caption:
        'The first held-out mention of every kind, not the strongest ones. The number is the largest activation on a token of the bridge.',
    },
    { kind: 'heading', text: 'Near misses' },
    {
      kind: 'tokens',
      examples: nearMisses.map((passage) => exampleOf(passage, false)),
      max,
      caption:
        'Other bridges and other sights of San Francisco, where the feature should be silent. The number is the largest activation in the passage.',
    },
    { kind: 'heading', text: 'How much of the bridge it finds' },
    await recallBlock(firings),
    await histogramBlock(firings),
  ];
}

function exampleOf({ title, tokens }: Passage, onlyConcept: boolean): TokenExample {
  const strengths = tokens
    .filter(({ concept }) => concept || !onlyConcept)
    .map(({ activation }) => activation);
  return { tokens, tag: title, value: Math.max(0, ...strengths) };
}

async function recallBlock({ byGroup, all }: DemoFindings['firings']): Promise<Block> {
  const measured = byGroup.filter(({ mentions }) => mentions > 0);
  const figure = await barFigure({
    title: 'Held-out mentions on which the feature fires',
    categories: measured.map(({ group, mentions }) => `${group} (${mentions})`),
    value: { label: 'share of the mentions', domain: [0, 1], format: 'percent' },
    series: [{ name: 'found', values: measured.map(({ recall }) => recall) }],
    horizontal: true,
  });
  const caption =
    `A mention is found where one of its tokens is above the threshold ${formatValue(all.threshold)} that was best on the train part. ` +
    `Of the tokens above it, ${formatShare(all.precision)} belong to the bridge.`;
  return { kind: 'figure', figure, caption };
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

const SHOWN_CANDIDATES = 8;
const SHOWN_EFFECTS = 3;

/** The candidates of the contrast search with their figures on the labelled train part. */
export function choiceBlocks({ found }: DemoFindings): Block {
  return {
    kind: 'table',
    header: ['feature', 'AUROC', 'precision', 'recall', 'F1', 'density', 'promotes'],
    rows: found.candidates
      .slice(0, SHOWN_CANDIDATES)
      .map(({ feature, auroc, detection: { precision, recall, f1 } }) => [
        `#${feature.index}`,
        auroc,
        precision,
        recall,
        f1,
        formatShare(feature.density),
        promoted(feature),
      ]),
    decimals: 3,
    caption:
      'AUROC is that of the contrast search, by the largest activation in a sentence. Precision is of tokens, recall of mentions, each at the ' +
      'candidate’s best threshold.',
  };
}

/** The strongest of the promoted tokens that are whole characters. */
function promoted({ topEffects }: Feature): string {
  return topEffects
    .map(({ text }) => text.trim())
    .filter((text) => text !== '' && !text.includes('\u{fffd}'))
    .slice(0, SHOWN_EFFECTS)
    .join(' · ');
}
