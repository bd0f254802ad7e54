import { type Axis, type Figure, type LineSeries, lineFigure } from '@facet/report';
import type { Controls } from './controls.ts';
import { RECOVERED_COSINE } from './match-directions.ts';
import type { RecoveryPoint } from './recovery.ts';
import { HEADLINE_MULTIPLE, type Superposition } from './superposition.ts';
import { SPARSITY_AXIS } from './toy-figures.ts';

const SHARE_AXIS: Axis = {
  label: `True directions above cosine ${RECOVERED_COSINE}`,
  domain: [0, 1],
  ticks: [0, 0.25, 0.5, 0.75, 0.95],
  format: 'percent',
};
const HEIGHT = 280;
type Score = 'recovered_share' | 'mean_max_cosine';

/** Share of true directions recovered, over sparsity, for every dictionary size, with the controls. */
export function recoveredFigure(result: Superposition): Promise<Figure> {
  return lineFigure({
    title: 'True directions recovered by an SAE on the hidden layer',
    x: SPARSITY_AXIS,
    y: SHARE_AXIS,
    series: seriesOf(result, 'recovered_share'),
  });
}

/** Mean of the best cosines, over sparsity, for every dictionary size, with the controls. */
export function cosineFigure(result: Superposition): Promise<Figure> {
  return lineFigure({
    title: 'Mean best cosine with a true direction',
    x: SPARSITY_AXIS,
    y: { label: 'Mean max cosine (MMCS)', domain: [0.4, 1.01], ticks: [0.4, 0.6, 0.8, 1] },
    series: seriesOf(result, 'mean_max_cosine'),
  });
}

/** One line per dictionary size; the controls are as large as the headline's dictionary. */
function seriesOf({ recovery, phase, seeds }: Superposition, score: Score): LineSeries[] {
  const { n } = phase[0].toy;
  const headline = recovery.filter(({ d_sae }) => d_sae === seeds[0].d_sae);
  const line = (points: readonly RecoveryPoint[], value: (point: RecoveryPoint) => number) =>
    points.map((point) => [1 / point.density, value(point)] as const);
  const control = (key: keyof Controls) => line(headline, ({ controls }) => controls[key][score]);
  const sizes = [...new Set(recovery.map(({ d_sae }) => d_sae))];
  return [
    ...sizes.map((d_sae) => ({
      name: `SAE, ${d_sae} features (${d_sae / n} ×)`,
      points: line(
        recovery.filter((point) => point.d_sae === d_sae),
        (point) => point[score],
      ),
    })),
    { name: `rows of h (${HEADLINE_MULTIPLE} ×)`, points: control('rows'), dashed: true },
    { name: `random (${HEADLINE_MULTIPLE} ×)`, points: control('random'), muted: true },
    { name: 'principal axes, ±', points: control('principal_axes'), muted: true, dashed: true },
  ];
}

/** Recovered share and reconstruction error over k: the two part where k is too large. */
export function kFigure({ limits }: Superposition): Promise<Figure> {
  return lineFigure({
    title: 'Too large a k reconstructs better and finds nothing',
    x: { label: 'k, features that fire for a row', scale: 'log', ticks: limits.k.map(({ k }) => k) },
    y: { label: 'Share', domain: [0, 1], format: 'percent' },
    series: [
      {
        name: 'true directions recovered',
        points: limits.k.map((point) => [point.k, point.recovered_share]),
      },
      { name: 'variance unexplained (fvu)', points: limits.k.map(({ k, fvu }) => [k, fvu]), dashed: true },
    ],
    rules: [{ x: limits.k[0].active, label: 'active features per row' }],
    height: HEIGHT,
  });
}

/** Recovered share over the number of different rows, and over the rows trained on. */
export function rowsFigure({ limits }: Superposition): Promise<Figure> {
  return lineFigure({
    title: 'Too few rows, too little training',
    x: { label: 'Rows', scale: 'log', format: 'short' },
    y: SHARE_AXIS,
    series: [
      {
        name: `different rows, ${limits.rows[0].trained_rows.toLocaleString('en-US')} trained on`,
        points: limits.rows.map(({ rows, recovered_share }) => [rows, recovered_share]),
      },
      {
        name: `rows trained on, of ${limits.training[0].rows.toLocaleString('en-US')}`,
        points: limits.training.map(({ trained_rows, recovered_share }) => [trained_rows, recovered_share]),
      },
    ],
    height: HEIGHT,
  });
}
