import { projectToPlane } from '@facet/experiments';
import { type Block, type Figure, heatmapFigure, lineFigure, reportPage, scatterFigure } from '@facet/report';
import type { Directions } from './directions.ts';
import { CARRIERS } from './phrase-vectors.ts';

/** Most lines of one figure that are still told apart. */
const RELATIONS_SHOWN = 5;

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
      { title: 'Harder questions', blocks: harderBlocks(directions) },
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
        columns: { label: 'representation', names: representations.map(({ name }) => name) },
        values: measured.map(({ tables }) => tables.map(({ accuracy }) => accuracy)),
        color: { label: 'accuracy', domain: [0, 1], format: 'percent' },
      }),
      caption:
        'Leave-one-out accuracy; the number behind the name is that of the pairs, chance is 1 over it.',
    },
    {
      kind: 'figure',
      figure: await layerFigure(directions),
      caption:
        'Solid: with the offset. Dashed: the nearest answer without it. The further the solid line is above the dashed one, the more the ' +
        'shared direction does. Chance is that of the capitals; that of the translations is lower.',
    },
  ];
}

/** Capitals in English and the other kinds of relations, by layer. */
async function layerFigure({ relations, measured, representations }: Directions): Promise<Figure> {
  const shown = relations
    .map((relation, i) => ({ relation, i }))
    .filter(({ relation }) => !/capital \((?!English)/.test(relation.name))
    .slice(0, RELATIONS_SHOWN);
  const points = (i: number, value: 'accuracy' | 'baseline') =>
    measured[i].tables.map((table, layer) => [layer, table[value]] as const);
  return lineFigure({
    title: 'Accuracy by representation',
    description: `Accuracy of ${shown.map(({ relation }) => relation.name).join(', ')} in ${representations.map(({ name }) => name).join(', ')}.`,
    x: {
      label: `representation: 0 embedding (mean), 1 embedding (last token), 2 … ${representations.length - 1} after layer 0 … ${representations.length - 3}`,
      ticks: representations.map((_, layer) => layer),
    },
    y: { label: 'pairs found', domain: [0, 1], format: 'percent' },
    series: shown.flatMap(({ relation, i }) => [
      { name: relation.name, points: points(i, 'accuracy') },
      { name: `${relation.name}, no offset`, points: points(i, 'baseline'), dashed: true },
    ]),
    rules: [{ y: measured[0].tables[0].chance, label: 'chance' }],
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

function harderBlocks({ relations, measured, representations }: Directions): Block[] {
  return [
    {
      kind: 'table',
      header: [
        'relation',
        'pairs',
        'best in',
        'offset',
        'chance',
        'no offset',
        'shuffled pairs',
        'p',
        'same kind',
        'chance',
        'all names',
        'no offset',
        'chance',
        'a : b :: c : ?',
        'chance',
      ],
      rows: relations.map(({ name, pairs }, i) => {
        const { best, bestPValue, tables } = measured[i];
        const at = tables[best];
        return [
          name,
          pairs.length,
          representations[best].name,
          percent(at.accuracy),
          percent(at.chance),
          percent(at.baseline),
          percent(at.shuffled),
          bestPValue.toFixed(3),
          percent(at.groupAccuracy),
          percent(at.groupChance),
          percent(at.openAccuracy),
          percent(at.openBaseline),
          percent(at.openChance),
          percent(at.analogies.accuracy),
          percent(at.analogies.chance),
        ];
      }),
      caption:
        'Each relation in its best representation. Same kind: only answers of the same kind (animals for an animal) are offered. All names: ' +
        'every name of the languages involved is, except the given one. a : b :: c : ? asks one pair after the other by 3CosAdd, the three ' +
        'given names excluded.',
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
