import { mean, median } from '@facet/experiments';
import { barFigure, histogramFigure, lineFigure, reportPage } from '@facet/report';
import { BRIDGE } from '../../landmarks/world.ts';
import { medianF1, resultOf, type Specificity } from './findings.ts';
import { type ConceptResult, GROUPS } from './measure.ts';

/** The experiment as a page: the bridge first, then all concepts, then the baselines. */
export async function specificityPage(result: Specificity): Promise<string> {
  const { results, hookPoint, dSae, k, seed, choiceTokens, heldOutTokens } = result;
  const bridge = resultOf(results, BRIDGE);
  return reportPage({
    title: 'Specificity: does a feature fire where its concept is meant?',
    subtitle: `${results.length} concepts, ${heldOutTokens.toLocaleString('en')} held-out tokens, ${hookPoint}, d_sae ${dSae}, k ${k}`,
    sections: [
      { title: 'In short', blocks: [facts(result, bridge), { kind: 'text', paragraphs: SETUP }] },
      { title: 'The Golden Gate Bridge', blocks: [await intervalFigure(bridge), await groupFigure(bridge)] },
      { title: 'All concepts', blocks: [await conceptFigure(results), conceptTable(results)] },
      { title: 'Against the baselines', blocks: [await baselineFigure(results)] },
    ],
    footer: `facet experiment specificity, seed ${seed}; detectors chosen on ${choiceTokens.toLocaleString('en')} tokens of the train part.`,
  });
}

const SETUP = [
  'For every concept the feature, and its threshold, with the best F1 on labelled text of the train part; measured on held-out text, whose paraphrases, half of its sentence forms and many pairings the model and the SAE have never read.',
  'Precision: the share of the tokens above the threshold that name, paraphrase or go on about the concept. Recall: the share of its mentions, by name or paraphrase, in which at least one token is above the threshold.',
];

function facts({ results }: Specificity, { sae }: ConceptResult) {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return {
    kind: 'facts' as const,
    facts: [
      { label: 'bridge: precision', value: percent(sae.precision) },
      { label: 'bridge: recall by name', value: percent(sae.groups.name.recall) },
      { label: 'bridge: F1 on paraphrases', value: percent(sae.groups.paraphrase.f1) },
      {
        label: 'median F1, all concepts',
        value: percent(medianF1(results, 'sae')),
        note: `direction ${percent(medianF1(results, 'direction'))}, neuron ${percent(medianF1(results, 'neuron'))}, random SAE ${percent(medianF1(results, 'randomSae'))}`,
      },
    ],
  };
}

async function intervalFigure({ intervals }: ConceptResult) {
  const middle = ({ from, to }: { from: number; to: number }) => (from + to) / 2;
  const figure = await lineFigure({
    title: 'Precision per activation interval',
    x: { label: 'Activation, share of its maximum', domain: [0, 1], format: 'percent' },
    y: { label: 'Share', domain: [0, 1], format: 'percent' },
    series: [
      {
        name: 'tokens in the interval that belong to the bridge',
        points: intervals.flatMap((interval): [number, number][] =>
          interval.precision === undefined ? [] : [[middle(interval), interval.precision]],
        ),
      },
      {
        name: 'mentions of the bridge whose strongest token is in it',
        points: intervals.map((interval): [number, number] => [middle(interval), interval.mentions]),
        dashed: true,
      },
    ],
  });
  const caption =
    'The stronger the feature fires, the surer it means the bridge. Each point is one tenth of the range of activation on held-out text.';
  return { kind: 'figure' as const, figure, caption };
}

async function groupFigure({ sae }: ConceptResult) {
  const figure = await barFigure({
    title: 'Recall of the bridge by kind of mention',
    value: { label: 'Recall', domain: [0, 1], format: 'percent' },
    categoryLabel: 'Mentions',
    categories: GROUPS.map((group) => `${group} (${sae.groups[group].mentions})`),
    series: [{ name: 'recall', values: GROUPS.map((group) => sae.groups[group].recall) }],
  });
  return {
    kind: 'figure' as const,
    figure,
    caption: 'In brackets: how many mentions the held-out text has.',
  };
}

async function conceptFigure(results: readonly ConceptResult[]) {
  const sorted = [...results].sort((a, b) => b.sae.f1 - a.sae.f1);
  const figure = await barFigure({
    title: 'F1 of every concept',
    value: { label: 'F1 on held-out text', domain: [0, 1], format: 'percent' },
    categoryLabel: 'Concept',
    categories: sorted.map(({ concept }) => concept),
    horizontal: true,
    mark: 'dot',
    series: [
      { name: 'best SAE feature', values: sorted.map(({ sae }) => sae.f1) },
      { name: 'difference of means', values: sorted.map(({ direction }) => direction.f1) },
      { name: 'best neuron', values: sorted.map(({ neuron }) => neuron.f1), muted: true },
      { name: 'random SAE', values: sorted.map(({ randomSae }) => randomSae.f1), muted: true },
    ],
    rules: [{ value: 0.8, label: '0.8' }],
  });
  return { kind: 'figure' as const, figure, caption: 'Sorted by the F1 of the best feature.' };
}

function conceptTable(results: readonly ConceptResult[]) {
  return {
    kind: 'table' as const,
    header: ['concept', 'feature', 'precision', 'recall', 'F1', ...GROUPS],
    rows: results.map(({ concept, feature, sae }) => [
      concept,
      feature,
      sae.precision,
      sae.recall,
      sae.f1,
      ...GROUPS.map((group) => (sae.groups[group].mentions === 0 ? null : sae.groups[group].recall)),
    ]),
    decimals: 2,
    caption: 'The last six columns are recalls; a dash: no such mention.',
  };
}

async function baselineFigure(results: readonly ConceptResult[]) {
  const kinds = [
    ['best SAE feature', 'sae'],
    ['difference of means', 'direction'],
    ['best neuron', 'neuron'],
    ['random SAE', 'randomSae'],
  ] as const;
  const figure = await histogramFigure({
    title: 'F1 over all concepts, by detector',
    x: { label: 'F1 on held-out text', domain: [0, 1] },
    y: { label: 'Concepts' },
    bins: 20,
    series: kinds.map(([name, kind]) => ({ name, values: results.map((result) => result[kind].f1) })),
  });
  const words = kinds.map(([name, kind]) => {
    const values = results.map((result) => result[kind].f1);
    return `${name}: median ${median(values).toFixed(2)}, mean ${mean(values).toFixed(2)}`;
  });
  return { kind: 'figure' as const, figure, caption: `${words.join('; ')}.` };
}
