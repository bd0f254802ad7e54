import { type Column, formatBytes, formatCount, trainingRunFields } from '@facet/console';
import type { TrainingRun } from '@facet/contracts';
import type { Axis, Block, Figure, LineSeries } from '@facet/report';
import type { FrontierRow } from './frontier.ts';
import { explanation, FRONTIER_COLUMNS, failures } from './frontier-table.ts';

/** Figures tell so many lines apart; a sweep with more gets further figures. */
const MAX_SERIES = 10;
/** From this ratio of the largest l0 to the smallest on, they are spread on a log axis. */
const LOG_RATIO = 4;

/** Makes the page of a sweep: its frontier as figures and as a table, and what was trained. */
export async function sweepPage(run: TrainingRun, rows: readonly FrontierRow[]): Promise<string> {
  const { reportPage } = await import('@facet/report');
  return reportPage({
    title: `Sweep of ${formatCount(rows.length)} SAEs`,
    subtitle: `${run.name}, trained together on one reading of ${run.spec?.activationSets.join(', ')}`,
    sections: [
      { title: 'Frontier', blocks: [factsBlock(run, rows), ...(await frontierBlocks(rows))] },
      { title: 'All SAEs', blocks: [tableBlock(rows), ...failureBlocks(rows)] },
      { title: 'The run', blocks: [settingsBlock(run)] },
    ],
  });
}

function factsBlock({ memoryPlan, members }: TrainingRun, rows: readonly FrontierRow[]): Block {
  const trained = members.find(({ evaluation }) => evaluation)?.evaluation;
  const best = rows.filter(({ pareto }) => pareto.fvu).length;
  const measured = Math.max(0, ...rows.map(({ tokens }) => tokens));
  return {
    kind: 'facts',
    facts: [
      { label: 'SAEs trained', value: formatCount(rows.filter(({ error }) => !error).length) },
      { label: 'Tokens each', value: formatCount(trained?.trainedTokens ?? 0n), note: 'read once for all' },
      { label: 'On the frontier by fvu', value: formatCount(best), note: `of ${formatCount(rows.length)}` },
      { label: 'Measured on', value: `${formatCount(measured)} tokens` },
      { label: 'Memory planned', value: formatBytes(memoryPlan?.totalBytes ?? 0n) },
    ],
  };
}

interface Measure {
  title: string;
  axis: Axis;
  caption: string;
  value: (row: FrontierRow) => number | undefined;
}

const MEASURES: readonly Measure[] = [
  {
    title: 'l0 and fvu',
    axis: { label: 'fvu: Σ‖x − x̂‖² / Σ‖x − mean‖²' },
    caption: 'Lower left is better: fewer features for a token, less variance unexplained.',
    value: ({ fvu }) => fvu,
  },
  {
    title: 'l0 and ce_recovered, against zeros',
    axis: { label: 'ce_recovered (zero ablation)', format: 'percent' },
    caption:
      'Upper left is better. 100 %: the model predicts as well through the SAE as with its own vectors; 0 %: as with zeros in their place.',
    value: ({ model }) => model?.ceRecoveredZero,
  },
  {
    title: 'l0 and ce_recovered, against the mean',
    axis: { label: 'ce_recovered (mean ablation)', format: 'percent' },
    caption: 'Upper left is better. 0 %: as with the mean of the vectors in their place.',
    value: ({ model }) => model?.ceRecoveredMean,
  },
];

async function frontierBlocks(rows: readonly FrontierRow[]): Promise<Block[]> {
  const blocks: Block[] = [];
  for (const measure of MEASURES) {
    const series = seriesOf(rows, measure.value);
    for (let at = 0; at < series.length; at += MAX_SERIES) {
      const figure = await frontierFigure(measure, series.slice(at, at + MAX_SERIES));
      blocks.push({ kind: 'figure', figure, caption: measure.caption });
    }
  }
  if (blocks.length > 0) return blocks;
  return [
    { kind: 'text', paragraphs: ['Nothing was measured: no held-out tokens, and no model was asked.'] },
  ];
}

/** A line for every recipe at every size, through its SAEs by l0. */
function seriesOf(rows: readonly FrontierRow[], value: Measure['value']): LineSeries[] {
  const points = new Map<string, [number, number][]>();
  for (const row of rows) {
    const measured = value(row);
    if (row.l0 === undefined || measured === undefined || !Number.isFinite(measured)) continue;
    const name = `${row.recipe} ${row.dSae}`;
    points.set(name, [...(points.get(name) ?? []), [row.l0, measured]]);
  }
  return [...points].map(([name, line]) => ({ name, points: line.sort(([a], [b]) => a - b) }));
}

async function frontierFigure({ title, axis }: Measure, series: readonly LineSeries[]): Promise<Figure> {
  const { lineFigure } = await import('@facet/report');
  const l0 = series.flatMap(({ points }) => points.map(([x]) => x));
  const [least, most] = [Math.min(...l0), Math.max(...l0)];
  const log = least > 0 && most / least >= LOG_RATIO;
  const x: Axis = {
    label: 'l0: features that fire for a token',
    ...(log && { scale: 'log', base: 2 }),
  };
  return lineFigure({ title, x, y: axis, series });
}

/** As in the text, but as narrow as a page: recipe and sparsity together, tokens among the facts. */
const PAGE_COLUMNS: readonly Column<FrontierRow>[] = [
  { title: 'recipe', cell: ({ recipe, sparsity }) => `${recipe} ${sparsity}`.trimEnd() },
  ...FRONTIER_COLUMNS.filter(({ title }) => !['recipe', 'sparsity', 'tokens'].includes(title)),
];

function tableBlock(rows: readonly FrontierRow[]): Block {
  return {
    kind: 'table',
    header: PAGE_COLUMNS.map(({ title }) => title),
    rows: rows.map((row) => PAGE_COLUMNS.map(({ cell }) => cell(row))),
    caption: explanation(rows),
  };
}

function failureBlocks(rows: readonly FrontierRow[]): Block[] {
  const paragraphs = failures(rows);
  return paragraphs.length > 0 ? [{ kind: 'text', paragraphs }] : [];
}

function settingsBlock(run: TrainingRun): Block {
  const fields = trainingRunFields({ ...run, members: [], progress: undefined });
  const known = fields.filter(([name, value]) => value !== undefined && value !== '' && name !== 'sae');
  const names = run.members.map(({ sae }, i): [string, string] => [`SAE ${i + 1}`, sae]);
  const rows = [...known.map(([name, value]): [string, string] => [name, value!]), ...names];
  return { kind: 'table', header: ['setting', 'value'], rows };
}
