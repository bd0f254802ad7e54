import type { Block, Report, Section } from '@facet/report';
import { measureInterference } from './geometry.ts';
import { RECOVERED_COSINE } from './match-directions.ts';
import type { RecoveryPoint } from './recovery.ts';
import { cosineFigure, kFigure, recoveredFigure, rowsFigure } from './recovery-figures.ts';
import { findBreaks, summariseSuperposition } from './summary.ts';
import type { Superposition } from './superposition.ts';
import {
  diagramFigure,
  dimensionalityFigure,
  dimensionsFigure,
  interferenceFigure,
  planarFigure,
  representedFigure,
} from './toy-figures.ts';

/** Writes the page of the experiment; `footer` says when and how it was run. */
export async function superpositionReport(result: Superposition, footer: string): Promise<Report> {
  const { n, m } = result.phase[0].toy;
  return {
    title: 'Superposition, and getting back out of it',
    subtitle: `Toy models of ${n} sparse features in ${m} dimensions (Elhage et al. 2022), and sparse autoencoders on their hidden layers.`,
    sections: [
      headlineSection(result),
      await recoverySection(result),
      await limitsSection(result),
      await phaseSection(result),
      await geometrySection(result),
      await interferenceSection(result),
      caveatsSection(),
    ],
    footer,
  };
}

function headlineSection(result: Superposition): Section {
  const [headline] = result.seeds;
  const { recovered_share, recovered_share_min, mean_max_cosine } = summariseSuperposition(result);
  const { random, principal_axes, rows } = headline.controls;
  const { n, m } = result.phase[0].toy;
  return {
    title: 'In short',
    blocks: [
      {
        kind: 'facts',
        facts: [
          {
            label: `true directions above cosine ${RECOVERED_COSINE}`,
            value: percent(recovered_share),
            note: `mean of ${result.seeds.length} seeds, the worst ${percent(recovered_share_min)}`,
          },
          {
            label: 'mean max cosine',
            value: mean_max_cosine,
            note: `random ${random.mean_max_cosine.toFixed(2)}, principal axes ${principal_axes.mean_max_cosine.toFixed(2)}`,
          },
          {
            label: 'by rows of h instead of an SAE',
            value: percent(rows.recovered_share),
            note: `${headline.d_sae} rows, the control that comes closest; random directions ${percent(random.recovered_share)}`,
          },
        ],
      },
      text(
        `The toy squeezes ${n} features into ${m} dimensions: h = W x, x' = ReLU(Wᵀh + b). Each feature is active with probability ` +
          `${headline.density}, so that ${headline.active.toFixed(1)} are active at once. ${headline.represented} of the ${n} features are ` +
          `represented (‖W_i‖ > ½); their directions are the truth. An SAE of ${headline.d_sae} features (topk, k = ${headline.k}) sees only ` +
          'rows of h. A direction counts as recovered if a decoder row has a cosine above ' +
          `${RECOVERED_COSINE} with it.`,
      ),
    ],
  };
}

async function recoverySection(result: Superposition): Promise<Section> {
  return {
    title: 'An SAE finds the true directions',
    blocks: [
      {
        kind: 'figure',
        figure: await recoveredFigure(result),
        caption:
          'Each SAE is trained on a toy that was itself trained at that sparsity; k is half of the active features. Only the features that the toy represents count. A dictionary smaller than their number can find no more of them than it has features.',
      },
      {
        kind: 'figure',
        figure: await cosineFigure(result),
        caption:
          'A large random dictionary has a cosine near 0.6 with any direction in twenty dimensions: the mean says less than the share.',
      },
      {
        kind: 'table',
        header: RECOVERY_HEADER,
        rows: result.recovery.map(recoveryRow),
        caption:
          'In percent but for MMCS. True: features that the toy represents. Stray: live features of the SAE without a true direction; firings: their share of all firings. Dead: features that never fire.',
      },
      {
        kind: 'table',
        header: RECOVERY_HEADER,
        rows: result.seeds.map(recoveryRow),
        caption: 'The headline for three seeds: another toy, other rows and another SAE each.',
      },
    ],
  };
}

const RECOVERY_HEADER = ['1 − S', 'true', 'd_sae', 'k', 'found', 'MMCS', 'stray', 'firings', 'dead', 'fvu'];

function recoveryRow(point: RecoveryPoint): number[] {
  const shares = [point.unmatched_share, point.unmatched_firing_share, point.dead_share, point.fvu];
  return [
    point.density,
    point.represented,
    point.d_sae,
    point.k,
    Math.round(100 * point.recovered_share),
    point.mean_max_cosine,
    ...shares.map((share) => Math.round(100 * share)),
  ];
}

async function limitsSection(result: Superposition): Promise<Section> {
  return {
    title: 'Where it breaks',
    blocks: [
      {
        kind: 'figure',
        figure: await kFigure(result),
        caption: `The sparse toy of the headline with other k. ${kInWords(result)} The reconstruction error falls all the way: it does not tell.`,
      },
      {
        kind: 'figure',
        figure: await rowsFigure(result),
        caption: 'The same toy and k with fewer different rows, and with fewer steps.',
      },
    ],
  };
}

function kInWords(result: Superposition): string {
  const { k } = findBreaks(result);
  return k.length === 0
    ? 'No k tried lost the directions.'
    : `At k = ${k.join(', ')} fewer than 95 % of the directions are found.`;
}

async function phaseSection({ phase }: Superposition): Promise<Section> {
  return {
    title: 'The phase change',
    blocks: [
      {
        kind: 'figure',
        figure: await representedFigure(phase),
        caption: 'Dense features get the dimensions there are; sparse ones share them.',
      },
      {
        kind: 'figure',
        figure: await dimensionsFigure(phase),
        caption:
          'The toys pause at antipodal pairs, two features per dimension, before they pack more densely.',
      },
      {
        kind: 'figure',
        figure: await dimensionalityFigure(phase),
        caption:
          'One point per represented feature; the features of one toy are spread to the side a little. Dense toys turn W freely within their dimensions, so that single features have no D of their own.',
      },
    ],
  };
}

async function geometrySection({ polytopes, planar, diagram }: Superposition): Promise<Section> {
  return {
    title: 'The geometry',
    blocks: [
      {
        kind: 'figure',
        figure: await planarFigure(planar),
        caption:
          'Importance 0.9^i. Dense: the two most important, at right angles. Sparser: antipodal pairs. Sparse: all five, as a pentagon.',
      },
      {
        kind: 'table',
        header: ['arrangement', 'n', 'm', 'm / n', 'D_i found'],
        rows: polytopes.map(({ name, n, m, dimensionality }) => [
          name,
          n,
          m,
          (m / n).toFixed(3),
          [...dimensionality]
            .sort((a, b) => b - a)
            .map((value) => value.toFixed(2))
            .join(' '),
        ]),
        caption:
          'Small toys at 1 − S = 0.03, the best of three starts. Where a triangle or a tetrahedron would fit, a feature alone and an antipodal pair have the same loss, and are found as well.',
      },
      {
        kind: 'figure',
        figure: await diagramFigure(diagram),
        caption:
          'Trained on the exact expected loss, the best of four starts. 0: ignored. 1: it has the dimension for itself. ½: it shares it, as an antipodal pair.',
      },
    ],
  };
}

async function interferenceSection({ interference }: Superposition): Promise<Section> {
  const blocks: Block[] = [];
  for (const toy of interference) {
    blocks.push({
      kind: 'figure',
      figure: await interferenceFigure(toy),
      caption: `Mean |W_i·W_j| of different features: ${measureInterference(toy.toy).mean.toFixed(3)}.`,
    });
  }
  return {
    title: 'Interference',
    blocks: [
      text('Twenty features of importance 0.8^i in five dimensions, from dense to sparse.'),
      ...blocks,
    ],
  };
}

function caveatsSection(): Section {
  return {
    title: 'What this does not show',
    blocks: [
      {
        kind: 'text',
        paragraphs: [
          'The toy is built on the assumptions that an SAE makes: features are independent, linear, sparse and non-negative, and every row is a sum of a few of them. That an SAE finds them here does not show that a language model’s features are like this.',
          'Here k, the dictionary and the training were chosen with the truth at hand. In a model nobody knows the number of active features, and neither the reconstruction error nor the number of live features tells that k is too large.',
          'Only features with ‖W_i‖ > ½ count; what the toy does not represent, nothing can recover.',
        ],
      },
    ],
  };
}

function text(paragraph: string): Block {
  return { kind: 'text', paragraphs: [paragraph] };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
