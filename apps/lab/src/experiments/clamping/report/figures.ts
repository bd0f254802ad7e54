import { type DoseSummary, median, quantile } from '@facet/experiments';
import { type Axis, barFigure, type Figure, heatmapFigure, type LineSeries, lineFigure } from '@facet/report';
import type { Clamping, MeasuredSubject } from '../measure.ts';

type Measure = (summary: DoseSummary) => number;

/** Share of the texts that turned, over the dose. */
export function doseFigure(clamping: Clamping): Promise<Figure> {
  return lineFigure({
    title: 'Share of texts that turn to the clamped concept',
    x: doseAxis(clamping),
    y: { label: 'Share of texts', domain: [0, 1], format: 'percent' },
    series: [
      ...linesOf(clamping, ({ share }) => share),
      {
        name: 'bridge, or its sign',
        points: clamping.subjects[0].doses.map(({ dose, shownShare }) => [dose, shownShare] as const),
        dashed: true,
      },
    ],
  });
}

/** Median nll under the unsteered model, over the dose. */
export function fluencyFigure(clamping: Clamping): Promise<Figure> {
  const { defaults } = clamping;
  return lineFigure({
    title: 'How unlikely the texts are for the unsteered model',
    x: doseAxis(clamping),
    y: { label: 'Median nll, nats per token' },
    series: linesOf(clamping, ({ nll }) => nll),
    rules: [
      { y: defaults.limits.nll, label: 'fluent, but misplaced' },
      { y: defaults.nll, label: 'default' },
    ],
  });
}

/** Share of the texts that turned, by concept and dose. */
export function heatFigure({ subjects, plan }: Clamping): Promise<Figure> {
  return heatmapFigure({
    title: 'Share of texts that turn to the concept, by dose',
    rows: { label: 'Concept', names: subjects.map(({ subject }) => subject.concept) },
    columns: { label: 'Clamp, × maximum', names: plan.doses.map((dose) => `${dose} ×`) },
    values: subjects.map(({ doses }) => doses.map(({ share }) => share)),
    color: { label: 'Share', domain: [0, 1], format: 'percent' },
  });
}

/** Share of the answers that name the concept asked for, by concept. */
export function removalFigure({ subjects }: Clamping): Promise<Figure> {
  const asked = subjects.filter(({ removal }) => removal.questions > 0);
  const series = (name: string, value: (one: MeasuredSubject) => number, muted = false) => ({
    name,
    values: asked.map(value),
    muted,
  });
  return barFigure({
    title: 'Answers that name the concept asked for',
    categories: asked.map(({ subject }) => subject.concept),
    value: { label: 'Share of answers', domain: [0, 1], format: 'percent' },
    horizontal: true,
    series: [
      series('default', ({ removal }) => removal.default),
      series('its feature at 0', ({ removal }) => removal.clamped),
      series('another’s feature at 0', ({ removal }) => removal.other, true),
    ],
  });
}

function doseAxis({ plan }: Clamping): Axis {
  return {
    label: 'Clamp, × maximum activation of the feature',
    scale: 'symlog',
    ticks: plan.doses.filter(Number.isInteger),
  };
}

/** The bridge, the median of the others with the middle half of them, and the controls. */
function linesOf({ subjects, controls, plan }: Clamping, measure: Measure): LineSeries[] {
  const [bridge, ...others] = subjects;
  const points = (doses: readonly DoseSummary[]) =>
    doses.map((summary) => [summary.dose, measure(summary)] as const);
  const at = (index: number) => others.map(({ doses }) => measure(doses[index]));
  const middle: LineSeries[] =
    others.length === 0
      ? []
      : [
          {
            name: `median of ${others.length} others`,
            points: plan.doses.map((dose, i) => [dose, median(at(i))] as const),
            band: plan.doses.map((dose, i) => [dose, quantile(at(i), 0.25), quantile(at(i), 0.75)] as const),
          },
        ];
  return [
    { name: 'Golden Gate Bridge', points: points(bridge.doses) },
    ...middle,
    { name: 'random feature', points: points(controls.randomFeature), muted: true, dashed: true },
    { name: 'random direction', points: points(controls.randomDirection), muted: true },
  ];
}
