import { join } from 'node:path';
import {
  type Clients,
  describeEngine,
  formatBytes,
  formatCount,
  formatSeconds,
  formatShare,
  formatValue,
  trainingRunFields,
  trainingWarnings,
  writeReport,
} from '@facet/console';
import type { HeldOutMetricsPoint, TrainingMetricsPoint, TrainingRun } from '@facet/contracts';
import type { Block, Figure, LineSeries } from '@facet/report';

/** The curves of a run. */
export interface TrainingCurves {
  points: readonly TrainingMetricsPoint[];
  heldOutPoints: readonly HeldOutMetricsPoint[];
}

/** Writes the page of a finished run, `<directory>/train-<id>.html`, and gives its path back. */
export async function writeTrainingReport(
  clients: Clients,
  run: TrainingRun,
  { out, signal }: { out: string; signal: AbortSignal },
): Promise<string> {
  const { name } = run;
  const { points, heldOutPoints } = await clients.training.listTrainingMetrics({ name }, { signal });
  const curves = {
    points: points as TrainingMetricsPoint[],
    heldOutPoints: heldOutPoints as HeldOutMetricsPoint[],
  };
  const page = await trainingPage(run, curves);
  return writeReport(join(out, `train-${name.slice('trainingRuns/'.length)}.html`), page);
}

/** Makes the page of a run: its headline numbers, its curves, how often features fire, its settings. */
export async function trainingPage(run: TrainingRun, curves: TrainingCurves): Promise<string> {
  const { reportPage } = await import('@facet/report');
  return reportPage({
    title: `Training of ${run.spec?.sae ?? run.name}`,
    subtitle: `${run.name}, engine ${describeEngine(run)}`,
    sections: [
      { title: 'What came out', blocks: [factsBlock(run), ...warningBlocks(run)] },
      { title: 'Curves', blocks: await curveBlocks(run, curves) },
      { title: 'How often features fire', blocks: await densityBlocks(run) },
      { title: 'The run', blocks: [settingsBlock(run), memoryBlock(run)] },
    ],
  });
}

function factsBlock({ evaluation }: TrainingRun): Block {
  if (evaluation === undefined) return { kind: 'text', paragraphs: ['The run has no evaluation.'] };
  const heldOut = `${formatCount(evaluation.heldOutTokens)} held-out tokens`;
  const ratio = evaluation.meanNormRatio;
  return {
    kind: 'facts',
    facts: [
      { label: 'fvu', value: formatMeasured(evaluation.fvu), note: heldOut },
      { label: 'Explained variance', value: formatMeasured(evaluation.explainedVariance), note: heldOut },
      { label: 'l0', value: formatMeasured(evaluation.l0), note: heldOut },
      {
        label: 'Dead features',
        value: formatShare(evaluation.deadFraction),
        note: `silent over ${formatCount(evaluation.deadWindowTokens)} tokens`,
      },
      { label: 'Mean cosine of x and x̂', value: formatMeasured(evaluation.meanCosine), note: heldOut },
      { label: 'Mean ‖x̂‖ / ‖x‖', value: formatMeasured(ratio), note: heldOut },
    ],
  };
}

function warningBlocks(run: TrainingRun): Block[] {
  const paragraphs = trainingWarnings(run).map((warning) => `Warning: ${warning}.`);
  return paragraphs.length > 0 ? [{ kind: 'text', paragraphs }] : [];
}

function formatMeasured(value: number): string {
  return Number.isFinite(value) ? formatValue(value) : 'not measured';
}

async function curveBlocks(
  { spec }: TrainingRun,
  { points, heldOutPoints }: TrainingCurves,
): Promise<Block[]> {
  if (points.length === 0) return [{ kind: 'text', paragraphs: ['No curves were kept.'] }];
  const tokensOfStep = Number(points[0]!.tokens) / Number(points[0]!.step);
  const curve = (name: string, value: (point: TrainingMetricsPoint) => number): LineSeries => ({
    name,
    points: finite(points.map((point) => [Number(point.tokens), value(point)])),
  });
  const heldOut = (name: string, value: (point: HeldOutMetricsPoint) => number): LineSeries => ({
    name,
    dashed: true,
    points: finite(heldOutPoints.map((point) => [Number(point.step) * tokensOfStep, value(point)])),
  });
  const figures = [
    await curveFigure('Loss', [curve('loss', ({ loss }) => loss)]),
    await curveFigure('fvu', [curve('training', ({ fvu }) => fvu), heldOut('held out', ({ fvu }) => fvu)]),
    await curveFigure('l0', [curve('training', ({ l0 }) => l0), heldOut('held out', ({ l0 }) => l0)]),
    await curveFigure('Dead features', [curve('dead', ({ deadFraction }) => deadFraction)]),
    await curveFigure('Gradient norm before clipping', [curve('norm', ({ gradientNorm }) => gradientNorm)]),
    await curveFigure('Learning rate', [curve('rate', ({ learningRate }) => learningRate)]),
  ];
  const caption = `Means over the steps since the point before; ${spec?.sae ?? 'the SAE'} by tokens trained on.`;
  return figures.flatMap((figure) => (figure ? [{ kind: 'figure', figure, caption } as const] : []));
}

/** Draws lines over tokens; nothing where nothing was measured. */
async function curveFigure(title: string, series: readonly LineSeries[]): Promise<Figure | undefined> {
  const drawn = series.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return undefined;
  const { lineFigure } = await import('@facet/report');
  const x = { label: 'Tokens', format: 'short' } as const;
  return lineFigure({ title, x, y: { label: title }, series: drawn, height: 240 });
}

function finite(points: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  return points.filter(([, value]) => Number.isFinite(value));
}

async function densityBlocks({ evaluation }: TrainingRun): Promise<Block[]> {
  const { densityEdges = [], densityCounts = [], densityTokens = 0n } = evaluation ?? {};
  if (densityCounts.length === 0) return [{ kind: 'text', paragraphs: ['Not measured.'] }];
  const { barFigure } = await import('@facet/report');
  const edge = (index: number) => formatShare(10 ** densityEdges[index]!);
  const figure = await barFigure({
    title: 'Features by how often they fire',
    value: { label: 'Features' },
    categoryLabel: 'Share of tokens for which a feature fires, from',
    categories: densityCounts.map((_, index) => edge(index)),
    series: [{ name: 'features', values: densityCounts.map(Number) }],
    height: 240,
  });
  const caption = `Over the last ${formatCount(densityTokens)} tokens of training; silent features are in no bar.`;
  return [{ kind: 'figure', figure, caption }];
}

function settingsBlock(run: TrainingRun): Block {
  const fields = trainingRunFields(run).filter(([, value]) => value !== undefined && value !== '');
  return { kind: 'table', header: ['setting', 'value'], rows: fields.map(([name, value]) => [name, value!]) };
}

function memoryBlock({ memoryPlan, evaluation }: TrainingRun): Block {
  const planned = memoryPlan?.totalBytes ?? 0n;
  const peak = evaluation?.peakMemoryBytes ?? 0n;
  const share = planned > 0n ? ` (${formatShare(Number(peak) / Number(planned))} of the plan)` : '';
  const rows: [string, string][] = [
    ['memory planned', formatBytes(planned)],
    ['memory taken at most', `${formatBytes(peak)}${share}`],
    ['outliers left out', `${formatCount(evaluation?.outlierRows ?? 0n)} tokens`],
    ['BOS and special tokens left out', `${formatCount(evaluation?.excludedRows ?? 0n)} tokens`],
    ['times it went on from a checkpoint', formatCount(evaluation?.resumes ?? 0)],
    ['time of a million tokens', formatSeconds(evaluation?.secondsPerMillionTokens ?? 0)],
  ];
  return { kind: 'table', header: ['what', 'value'], rows };
}
