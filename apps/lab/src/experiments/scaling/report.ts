import { SPLITTING_RULE, WANTED_F1 } from '@facet/experiments';
import {
  type Axis,
  type Block,
  barFigure,
  type Figure,
  heatmapFigure,
  lineFigure,
  reportPage,
} from '@facet/report';
import type { Scaling } from './findings.ts';
import { describeProfile, SHORT_PLACES } from './firing-places.ts';
import type { MeasuredSize } from './measure-size.ts';
import type { SizeSplitting } from './split.ts';

/** Most children of the bridge's feature that the figure and the table show. */
const MAX_CHILDREN = 16;

/** Writes the page of the experiment. */
export async function scalingPage(scaling: Scaling): Promise<string> {
  const { seed, seconds, plan, sizes } = scaling;
  return reportPage({
    title: 'Scaling: from 512 to 16k features',
    subtitle:
      'What a larger dictionary reconstructs, which concepts it has a feature for, and how features split.',
    sections: [
      { title: 'Quality', blocks: await qualityBlocks(scaling) },
      { title: 'Feature splitting', blocks: await splittingBlocks(scaling) },
      { title: 'How it was measured', blocks: [setupBlock(scaling)] },
    ],
    footer: `Seed ${seed}, k ${plan.k}, ${sizes[0].trainedTokens.toLocaleString('en-US')} tokens of training each; ${seconds.toFixed(0)} s.`,
  });
}

async function qualityBlocks({ sizes }: Scaling): Promise<Block[]> {
  const [small, large] = [sizes[0], sizes[sizes.length - 1]];
  const change = (value: (size: MeasuredSize) => number) =>
    `${(100 * value(small)).toFixed(0)} → ${percent(value(large))}`;
  const note = `from ${small.d_sae} to ${large.d_sae} features`;
  return [
    {
      kind: 'facts',
      facts: [
        { label: 'Variance left unexplained', value: change(fvu), note },
        { label: `Concepts with a feature of F1 ≥ ${WANTED_F1}`, value: change(conceptsFound), note },
        { label: 'Dead features', value: change(dead), note },
      ],
    },
    {
      kind: 'figure',
      figure: await sharesFigure(sizes),
      caption:
        'All on held-out text. Loss recovered: 100 % is the model as it is, 0 % the model with zeros, or with the mean, at this place.',
    },
    {
      kind: 'figure',
      figure: await fvuFigure(sizes),
      caption: 'Lower is better: Σ‖x − x̂‖² over Σ‖x − mean‖².',
    },
    sizesTable(sizes),
  ];
}

function fvu({ evaluation }: MeasuredSize): number {
  return evaluation.reconstruction!.fvu;
}

function dead({ evaluation }: MeasuredSize): number {
  return evaluation.reconstruction!.deadFraction;
}

function conceptsFound({ share }: MeasuredSize): number {
  return share.share;
}

function sizeAxis(sizes: readonly MeasuredSize[]): Axis {
  return {
    label: 'features in the dictionary (log scale)',
    scale: 'log',
    base: 2,
    ticks: sizes.map(({ d_sae }) => d_sae),
  };
}

async function sharesFigure(sizes: readonly MeasuredSize[]): Promise<Figure> {
  const line = (name: string, value: (size: MeasuredSize) => number | undefined) => ({
    name,
    points: sizes.flatMap((size) => {
      const at = value(size);
      return at === undefined || Number.isNaN(at) ? [] : [[size.d_sae, at] as const];
    }),
  });
  const series = [
    line('loss recovered, zero ablation', ({ evaluation }) => evaluation.model?.ceRecoveredZero),
    line('loss recovered, mean ablation', ({ evaluation }) => evaluation.model?.ceRecoveredMean),
    line(`concepts with F1 ≥ ${WANTED_F1}`, conceptsFound),
    line('median F1', ({ share }) => share.median),
    line('dead features', dead),
  ].filter(({ points }) => points.length > 0);
  return lineFigure({
    title: 'Quality by dictionary size',
    x: sizeAxis(sizes),
    y: { label: 'share', format: 'percent' },
    series,
  });
}

async function fvuFigure(sizes: readonly MeasuredSize[]): Promise<Figure> {
  return lineFigure({
    title: 'Variance left unexplained by dictionary size',
    x: sizeAxis(sizes),
    y: { label: 'fvu' },
    series: [{ name: 'fvu', points: sizes.map((size) => [size.d_sae, fvu(size)] as const) }],
    height: 240,
  });
}

function sizesTable(sizes: readonly MeasuredSize[]): Block {
  return {
    kind: 'table',
    header: [
      'd_sae',
      'l0',
      'fvu',
      'CE (zero)',
      'CE (mean)',
      'KL',
      'dead',
      `F1 ≥ ${WANTED_F1}`,
      'median F1',
      'seconds',
    ],
    rows: sizes.map((size) => [
      size.d_sae,
      size.evaluation.reconstruction!.l0,
      fvu(size),
      finite(size.evaluation.model?.ceRecoveredZero),
      finite(size.evaluation.model?.ceRecoveredMean),
      finite(size.evaluation.model?.klSae),
      dead(size),
      size.share.share,
      size.share.median,
      size.seconds,
    ]),
    caption: `CE: share of the loss recovered, against zero and mean ablation; KL in nats; seconds of training. Dead: silent over the ${Number(sizes[0].evaluation.tokens).toLocaleString('en-US')} held-out tokens measured.`,
  };
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}

async function splittingBlocks({ sizes, splitting }: Scaling): Promise<Block[]> {
  const parent = sizes[0].d_sae;
  const largest = splitting[splitting.length - 1];
  return [
    {
      kind: 'figure',
      figure: await childrenFigure(splitting),
      caption:
        `Features of each dictionary that lie under one feature of the smallest (${parent}): those whose direction has a cosine of at least ` +
        `${SPLITTING_RULE.minCosine} with it, or that fire inside its firings at least ${percent(SPLITTING_RULE.minInside)} of the time.`,
    },
    {
      kind: 'figure',
      figure: await histogramFigureOf(splitting),
      caption: 'How many features of the smallest dictionary have how many children.',
    },
    { kind: 'heading', text: 'Under the feature of the Golden Gate Bridge' },
    ...(await bridgeBlocks(largest)),
  ];
}

async function childrenFigure(splitting: readonly SizeSplitting[]): Promise<Figure> {
  const largest = splitting[splitting.length - 1];
  return barFigure({
    title: `Children of single features among ${largest.d_sae}`,
    value: { label: 'children' },
    categories: [...largest.concepts.map(({ concept }) => concept), 'mean of all features'],
    series: splitting
      .filter((_, i) => i === 0 || i === splitting.length - 1)
      .map(({ d_sae, concepts, meanChildren }) => ({
        name: `${d_sae} features`,
        values: [...concepts.map(({ children }) => children.length), meanChildren],
      })),
    horizontal: true,
  });
}

async function histogramFigureOf(splitting: readonly SizeSplitting[]): Promise<Figure> {
  const bins = splitting[0].histogram.length;
  return lineFigure({
    title: 'Children per feature',
    x: {
      label: `children (${bins - 1}: that many or more)`,
      ticks: Array.from({ length: bins }, (_, i) => i),
    },
    y: { label: 'share of the features', format: 'percent' },
    series: splitting.map(({ d_sae, histogram, parents }) => ({
      name: `${d_sae} features`,
      points: histogram.map((count, i) => [i, count / Math.max(1, parents)] as const),
    })),
    height: 280,
  });
}

async function bridgeBlocks({ d_sae, concepts }: SizeSplitting): Promise<Block[]> {
  const bridge = concepts[0];
  const shown = bridge?.children.slice(0, MAX_CHILDREN) ?? [];
  if (shown.length === 0)
    return [{ kind: 'text', paragraphs: [`No feature among ${d_sae} lies under the bridge's feature.`] }];
  return [
    {
      kind: 'figure',
      figure: await heatmapFigure({
        title: `Where the children of the bridge's feature fire, among ${d_sae}`,
        rows: { label: 'child', names: shown.map(({ feature }) => `feature ${feature}`) },
        columns: {
          label: 'N: in a name, P: in a paraphrase, by language; topic: about the bridge; else',
          names: SHORT_PLACES,
        },
        values: shown.map(({ profile }) => profile.shares),
        color: { label: 'share of its firings', domain: [0, 1], format: 'percent' },
      }),
      caption:
        'By ground truth: inside a name or paraphrase of the bridge in each language, elsewhere in a text about it (topic), or elsewhere.',
    },
    {
      kind: 'table',
      header: ['feature', 'cosine', 'fires', 'inside the parent', 'by', 'fires on'],
      rows: shown.map(({ feature, cosine, firings, inside, by, profile }) => [
        feature,
        cosine,
        firings,
        inside,
        by,
        describeProfile(profile),
      ]),
      caption: `Children of feature ${bridge.parent}, whose F1 for the bridge on held-out text is ${bridge.f1.toFixed(2)}.`,
    },
  ];
}

function setupBlock({ plan, sizes }: Scaling): Block {
  const tokens = (count: number) => count.toLocaleString('en-US');
  return {
    kind: 'text',
    paragraphs: [
      `TopK autoencoders with k ${plan.k} read the same ${tokens(sizes[0].trainedTokens)} tokens of the train part, each from a random start of its own; the ` +
        'learning rate falls with the root of the size (Gao et al. 2024). Nothing else is tuned for any size.',
      `Reconstruction and loss: ${tokens(Number(sizes[0].evaluation.tokens))} tokens of the held-out part. Concepts: each one's feature and ` +
        `threshold are chosen on ${tokens(plan.selectionTokens)} tokens of the train part, its F1 is that on ${tokens(plan.heldOutTokens)} tokens of ` +
        `the held-out part, whose sentence forms and paraphrases are others; ${sizes[0].share.concepts} concepts are mentioned in both.`,
      `Splitting: over the tokens on which features are chosen. Only features that fire at least ${SPLITTING_RULE.minFirings} times count; ` +
        `a parent that fires at more than ${percent(SPLITTING_RULE.maxParentDensity)} of the tokens has children by direction only.`,
    ],
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}
