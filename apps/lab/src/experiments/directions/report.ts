import { projectToPlane } from '@facet/experiments';
import {
  type Block,
  barFigure,
  type Figure,
  heatmapFigure,
  lineFigure,
  reportPage,
  scatterFigure,
} from '@facet/report';
import type { Directions } from './findings.ts';
import { CARRIERS } from './phrase-vectors.ts';

/** Capitals in other languages than English: left out where lines would be too many. */
const OTHER_CAPITALS = /capital \((?!English)/;

/** Writes the page of the experiment. */
export async function directionsPage(directions: Directions): Promise<string> {
  const { representations, best, seed, seconds } = directions;
  return reportPage({
    title: 'Directions: linear relations between names',
    subtitle:
      'Does one step lead from every country to its capital, and from every name to its translation? Mikolov et al. 2013, on a model whose ' +
      'world is known.',
    sections: [
      { title: 'Result', blocks: await resultBlocks(directions) },
      { title: 'Countries and capitals', blocks: [await planeBlock(directions)] },
      { title: 'Harder questions', blocks: await harderBlocks(directions) },
      { title: 'How it was measured', blocks: [setupBlock()] },
    ],
    footer: `Seed ${seed}; ${seconds.toFixed(1)} s; best representation over all relations: ${representations[best].name}.`,
  });
}

async function resultBlocks(directions: Directions): Promise<Block[]> {
  const { relations, measured, representations, best } = directions;
  const capitals = measured[0].tables[measured[0].best];
  return [
    {
      kind: 'facts',
      facts: [
        {
          label: 'Capitals found by the offset of the others',
          value: percent(capitals.accuracy),
          note: `chance ${percent(capitals.chance)}, without the offset ${percent(capitals.baseline)}, ${representations[measured[0].best].name}`,
        },
        {
          label: 'Relations above shuffled pairs',
          value: `${measured.filter(({ bestPValue }) => bestPValue <= 0.01).length} of ${relations.length}`,
          note: 'p ≤ 0.01, the choice of the best layer paid for',
        },
        { label: 'Best representation', value: representations[best].name, note: 'mean over relations' },
      ],
    },
    {
      kind: 'figure',
      figure: await heatmapFigure({
        title: 'Pairs found by the offset of all other pairs',
        rows: { label: 'relation', names: relations.map(({ name, pairs }) => `${name}, ${pairs.length}`) },
        columns: {
          label: 'E: token embedding (mean, last token); 0, 1, …: residual stream after that layer',
          names: shortNames(directions),
        },
        values: measured.map(({ tables }) => tables.map(({ accuracy }) => accuracy)),
        color: { label: 'accuracy', domain: [0, 1], format: 'percent' },
      }),
      caption:
        'Leave-one-out accuracy; the number behind the name is that of the pairs, chance is 1 over it.',
    },
    {
      kind: 'figure',
      figure: await layerFigure(directions),
      caption: 'The same as lines. Chance is that of 14 capitals; that of the translations is lower.',
    },
    {
      kind: 'figure',
      figure: await comparisonFigure(directions, false),
      caption:
        'Each relation in its best representation. Where "no offset" is as good, the pairs are neighbours, and the common direction adds nothing.',
    },
  ];
}

/** Short names of the representations, for the axis of a figure. */
function shortNames({ representations }: Directions): string[] {
  return representations.map(({ name }) => name.replace('embedding, ', 'E ').replace('layer ', ''));
}

/** Capitals in English and the other kinds of relations, by layer. */
async function layerFigure({ relations, measured, representations }: Directions): Promise<Figure> {
  const series = relations.map(({ name }, i) => ({
    name,
    points: measured[i].tables.map(({ accuracy }, layer) => [layer, accuracy] as const),
  }));
  return lineFigure({
    title: 'Pairs found by the offset, by representation',
    x: {
      label: `token embedding: 0 mean, 1 last token; residual stream: 2 … ${representations.length - 1} after layer 0 … ${representations.length - 3}`,
      ticks: representations.map((_, layer) => layer),
    },
    y: { label: 'pairs found', domain: [0, 1], format: 'percent' },
    series: series.filter(({ name }) => !OTHER_CAPITALS.test(name)),
    rules: [{ y: measured[0].tables[0].chance, label: 'chance, capitals' }],
  });
}

/** Each relation where it is clearest: what the offset adds to the nearest neighbour, with few and with many answers offered. */
async function comparisonFigure({ relations, measured }: Directions, open: boolean): Promise<Figure> {
  const best = measured.map(({ tables, best: at }) => tables[at]);
  const series = open
    ? [
        { name: 'offset', values: best.map(({ openAccuracy }) => openAccuracy) },
        { name: 'a : b :: c : ?', values: best.map(({ analogies }) => analogies.accuracy) },
        { name: 'no offset', values: best.map(({ openBaseline }) => openBaseline), muted: true },
      ]
    : [
        { name: 'offset', values: best.map(({ accuracy }) => accuracy) },
        { name: 'no offset', values: best.map(({ baseline }) => baseline) },
        { name: 'shuffled pairs', values: best.map(({ shuffled }) => shuffled), muted: true },
      ];
  return barFigure({
    title: open ? 'All names of the languages offered' : 'Only the answers of the relation offered',
    value: { label: 'pairs found', domain: [0, 1], format: 'percent' },
    categories: relations.map(({ name }) => name),
    series,
    horizontal: true,
    mark: 'dot',
  });
}

async function planeBlock({ phrases, capitals, representations, measured }: Directions): Promise<Block> {
  const representation = representations[measured[0].best];
  const rows = capitals.flatMap(({ from, to }) => [from, to]);
  const { points, shares } = projectToPlane(representation, rows);
  const figure = await scatterFigure({
    title: `Countries and capitals, ${representation.name}`,
    x: { label: `first principal component (${percent(shares[0])} of the variance)` },
    y: { label: `second (${percent(shares[1])})` },
    points: rows.map((row, i) => ({
      x: points[i][0],
      y: points[i][1],
      name: phrases[row].core,
      group: i % 2 === 0 ? 'country' : 'capital',
      label: true,
    })),
    links: capitals.map((_, i) => [2 * i, 2 * i + 1] as const),
    height: 460,
  });
  return {
    kind: 'figure',
    figure,
    caption:
      'A linear relation shows as lines of one length and direction from every country to its capital.',
  };
}

async function harderBlocks(directions: Directions): Promise<Block[]> {
  const { relations, measured, representations } = directions;
  const best = relations.map(({ name, pairs }, i) => {
    const { best: layer, bestPValue, tables } = measured[i];
    return { ...tables[layer], name, pairs: pairs.length, layer: representations[layer].name, bestPValue };
  });
  return [
    {
      kind: 'figure',
      figure: await comparisonFigure(directions, true),
      caption:
        'Every name of the languages involved may be the answer, except the given one (or three). Here the nearest neighbour is often ' +
        'another thing of the same kind, and an offset has to lead out of it.',
    },
    {
      kind: 'table',
      header: ['relation', 'pairs', 'best in', 'offset', 'no offset', 'shuffled', 'chance', 'p'],
      rows: best.map((at) => [
        at.name,
        at.pairs,
        at.layer,
        percent(at.accuracy),
        percent(at.baseline),
        percent(at.shuffled),
        percent(at.chance),
        at.bestPValue.toFixed(3),
      ]),
      caption: 'Only the answers of the relation are offered.',
    },
    {
      kind: 'table',
      header: ['relation', 'same kind', 'chance', 'all names', 'no offset', 'chance', 'a:b::c:?', 'chance'],
      rows: best.map((at) => [
        at.name,
        percent(at.groupAccuracy),
        percent(at.groupChance),
        percent(at.openAccuracy),
        percent(at.openBaseline),
        percent(at.openChance),
        percent(at.analogies.accuracy),
        percent(at.analogies.chance),
      ]),
      caption:
        'Same kind: only answers of the same kind (animals for an animal) are offered. a:b::c:? asks one pair after the other by 3CosAdd.',
    },
  ];
}

function setupBlock(): Block {
  return {
    kind: 'text',
    paragraphs: [
      'Vectors: the token embeddings of the bare name (mean, or last token), and the residual stream after each layer at the last token of ' +
        `the name, averaged over ${CARRIERS} first sentences of the world ("This is a text about …") in the language of the name; the text ends ` +
        'with the name.',
      'For every pair, the offset is the mean difference of all other pairs. It is added to the first vector; the answer is the second ' +
        'vector with the largest cosine, seen from the mean of all second vectors. Without the offset: the same search from the first ' +
        'vector itself, seen from the mean of both sides. Names that are the same in both languages are left out.',
      'p: the share of 1,000 shuffles of the pairs whose best representation is at least as accurate. Shuffles stay within a kind, so that ' +
        'knowing the kind of thing is not enough.',
    ],
  };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}
