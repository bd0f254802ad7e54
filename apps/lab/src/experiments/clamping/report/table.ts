import { type Column, formatSeconds, type Palette, renderTable } from '@facet/console';
import type { DoseSummary } from '@facet/experiments';
import { type Clamping, describeLimits } from '../measure.ts';
import { type ClampingSpent, countAll, medianOf, medianRemoval } from './json.ts';

interface Row {
  name: string;
  f1: string;
  default: string;
  cells: readonly string[];
  strongest: string;
  removal: string;
}

/** Writes the experiment's figures for people: shares and fluency by dose, a line for each concept. */
export function renderClamping(
  clamping: Clamping,
  { seconds, report, palette }: Omit<ClampingSpent, 'seed'> & { palette: Palette },
): string {
  const { plan, prompts, defaults, subjects } = clamping;
  const heading = (text: string) => palette.bold(text);
  return [
    heading('Share of the texts that turn to the concept, by dose (× maximum of its feature)'),
    renderTable(shareRows(clamping), columns(plan.doses, true), palette),
    heading('Median nll per token under the unsteered model, by dose'),
    renderTable(nllRows(clamping), columns(plan.doses, false), palette),
    `* degenerate: median above ${describeLimits(defaults.limits)}. By default: nll ${defaults.nll.toFixed(2)}.`,
    `${subjects.length} concepts, ${prompts.length} unrelated prompts, ${countAll(clamping)} texts, ${formatSeconds(seconds)}.`,
    `Report: ${report}`,
  ].join('\n\n');
}

function columns(doses: readonly number[], all: boolean): Column<Row>[] {
  const shares: Column<Row>[] = [
    { title: 'F1', cell: ({ f1 }) => f1, align: 'right' },
    { title: 'default', cell: ({ default: share }) => share, align: 'right' },
  ];
  const outcomes: Column<Row>[] = [
    { title: 'fluent to', cell: ({ strongest }) => strongest, align: 'right' },
    { title: 'asked for: default → 0 ×', cell: ({ removal }) => removal },
  ];
  return [
    { title: 'concept', cell: ({ name }) => name },
    ...(all ? shares : []),
    ...doses.map(
      (dose, i): Column<Row> => ({
        title: `${dose} ×`,
        cell: ({ cells }) => cells[i],
        align: 'right',
      }),
    ),
    ...(all ? outcomes : []),
  ];
}

function shareRows({ plan, subjects, controls }: Clamping): Row[] {
  const { doses } = plan;
  const others = subjects.slice(1);
  const cells = (summaries: readonly DoseSummary[], figure: 'share' | 'shownShare' = 'share') =>
    doses.map((dose) => percent(summaries.find((summary) => summary.dose === dose)?.[figure]));
  return [
    ...subjects.map((one) => ({
      ...NOTHING,
      name: one.subject.concept,
      f1: one.subject.f1.toFixed(2),
      default: percent(one.defaultShare),
      cells: cells(one.doses),
      strongest: one.strongestDose === null ? '–' : `${one.strongestDose} ×`,
      removal: removalCell(one.removal.default, one.removal.clamped, one.removal.other),
    })),
    {
      ...NOTHING,
      name: 'median of the others',
      cells: doses.map((dose) => percent(medianOf(others, dose, 'share'))),
      removal: removalCell(
        medianRemoval(others, 'default'),
        medianRemoval(others, 'clamped'),
        medianRemoval(others, 'other'),
      ),
    },
    { ...NOTHING, name: 'random feature', cells: cells(controls.randomFeature) },
    { ...NOTHING, name: 'random direction', cells: cells(controls.randomDirection) },
    { ...NOTHING, name: 'bridge, or its sign', cells: cells(subjects[0].doses, 'shownShare') },
    {
      ...NOTHING,
      name: 'median, or its sign',
      cells: doses.map((dose) => percent(medianOf(others, dose, 'shownShare'))),
    },
  ];
}

function nllRows({ plan, subjects, controls }: Clamping): Row[] {
  const cells = (summaries: readonly DoseSummary[]) =>
    plan.doses.map((dose) => {
      const found = summaries.find((summary) => summary.dose === dose);
      return found === undefined ? '–' : `${found.nll.toFixed(2)}${found.degenerate ? '*' : ' '}`;
    });
  return [
    ...subjects.map(({ subject, doses }) => ({ ...NOTHING, name: subject.concept, cells: cells(doses) })),
    { ...NOTHING, name: 'random feature', cells: cells(controls.randomFeature) },
    { ...NOTHING, name: 'random direction', cells: cells(controls.randomDirection) },
    {
      ...NOTHING,
      name: 'median ‖Δx‖ / ‖x‖',
      cells: plan.doses.map((dose) => `${medianOf(subjects, dose, 'relativeDelta')?.toFixed(2)} `),
    },
  ];
}

const NOTHING = { f1: '', default: '', strongest: '', removal: '' };

function removalCell(byDefault: number | null, clamped: number | null, other: number | null): string {
  return `${percent(byDefault)} → ${percent(clamped)} (another's: ${percent(other)})`;
}

function percent(share: number | null | undefined): string {
  return share === null || share === undefined ? '–' : `${Math.round(100 * share)}%`;
}
