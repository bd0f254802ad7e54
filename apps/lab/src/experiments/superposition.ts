import { join } from 'node:path';
import {
  type Action,
  type Column,
  formatCount,
  formatSeconds,
  formatShare,
  type Invocation,
  parseSeed,
  renderFields,
  renderTable,
  type Stage,
  writeReport,
} from '@facet/console';
import type { RecoveryPoint, Superposition, SuperpositionProgress } from '@facet/experiments';
import type { ExperimentOptions } from './definition.ts';

const NAME = 'superposition';

/** Experiment 3: Toy Models of Superposition (Elhage et al. 2022), and SAEs that undo it. */
export const runSuperposition: Action<ExperimentOptions> = async (invocation, options) => {
  const started = performance.now();
  const seed = parseSeed(options.seed, '--seed');
  const {
    runSuperposition: runToys,
    summariseSuperposition,
    superpositionReport,
  } = await import('@facet/experiments');
  const { reportPage } = await import('@facet/report');
  const result = await withStages(invocation, (onProgress) =>
    runToys({ seed, signal: invocation.signal, onProgress }),
  );
  const seconds = (performance.now() - started) / 1000;
  const footer = `facet experiment ${NAME} --seed ${seed}, ${formatSeconds(seconds)}`;
  const report = await writeReport(
    join(options.out, `${NAME}.html`),
    reportPage(await superpositionReport(result, footer)),
  );
  return {
    text: render(result, { report, seconds, palette: invocation.palette }),
    json: { experiment: NAME, seed, ...summariseSuperposition(result), report, seconds },
  };
};

/** Shows every part of the experiment as a stage of its own. */
async function withStages<Result>(
  { progress }: Invocation,
  work: (onProgress: (progress: SuperpositionProgress) => void) => Promise<Result>,
): Promise<Result> {
  let open: { part: string; stage: Stage } | undefined;
  try {
    return await work(({ part, done, total }) => {
      if (open?.part !== part) open = { part, stage: progress.stage(part) };
      if (done === total) open.stage.done(`${total} done`);
      else open.stage.update({ done, total, unit: 'done', rate: 0 });
    });
  } catch (error) {
    open?.stage.stopped('stopped');
    throw error;
  }
}

const SETTING_COLUMNS: readonly Column<RecoveryPoint>[] = [
  { title: '1 − S', cell: ({ density }) => String(density), align: 'right' },
  { title: 'true', cell: ({ represented }) => String(represented), align: 'right' },
  { title: 'active', cell: ({ active }) => active.toFixed(1), align: 'right' },
  { title: 'd_sae', cell: ({ d_sae }) => String(d_sae), align: 'right' },
  { title: 'k', cell: ({ k }) => String(k), align: 'right' },
];
const ROW_COLUMNS: readonly Column<RecoveryPoint>[] = [
  { title: 'rows', cell: ({ rows }) => formatCount(rows), align: 'right' },
  { title: 'trained on', cell: ({ trained_rows }) => formatCount(trained_rows), align: 'right' },
];
const SCORE_COLUMNS: readonly Column<RecoveryPoint>[] = [
  { title: 'recovered', cell: ({ recovered_share }) => formatShare(recovered_share), align: 'right' },
  { title: 'MMCS', cell: ({ mean_max_cosine }) => mean_max_cosine.toFixed(3), align: 'right' },
  { title: 'stray', cell: ({ unmatched_share }) => formatShare(unmatched_share), align: 'right' },
  { title: 'dead', cell: ({ dead_share }) => formatShare(dead_share), align: 'right' },
  { title: 'fvu', cell: ({ fvu }) => fvu.toFixed(3), align: 'right' },
];
const CONTROL_COLUMNS: readonly Column<RecoveryPoint>[] = [
  { title: 'rows of h', cell: ({ controls }) => formatShare(controls.rows.recovered_share), align: 'right' },
  { title: 'random', cell: ({ controls }) => formatShare(controls.random.recovered_share), align: 'right' },
];

function render(
  { phase, recovery, seeds, limits }: Superposition,
  { report, seconds, palette }: { report: string; seconds: number; palette: Invocation['palette'] },
): string {
  const { n, m } = phase[0].toy;
  const section = (title: string, points: readonly RecoveryPoint[], columns: typeof SCORE_COLUMNS) =>
    `${palette.bold(title)}\n${renderTable(points, columns, palette)}`;
  const all = [...SETTING_COLUMNS, ...SCORE_COLUMNS, ...CONTROL_COLUMNS];
  const represented = phase.map((point) => `${point.density}: ${point.represented.length}`).join('  ');
  const mean = seeds.reduce((sum, { recovered_share }) => sum + recovered_share / seeds.length, 0);
  return [
    `${palette.bold(`${n} features in ${m} dimensions`)}\nrepresented at 1 − S of  ${represented}`,
    section('An SAE on the hidden layer, from dense to sparse', recovery, all),
    section('The sparse toy, three seeds', seeds, all),
    section('Where it breaks: other k', limits.k, [...SETTING_COLUMNS, ...SCORE_COLUMNS]),
    section(
      'Fewer rows, less training',
      [...limits.rows, ...limits.training.slice(0, -1)],
      [...ROW_COLUMNS, ...SCORE_COLUMNS],
    ),
    renderFields(
      [
        ['recovered', `${formatShare(mean)} of the true directions above cosine 0.95`],
        ['report', report],
        ['time', formatSeconds(seconds)],
      ],
      palette,
    ),
  ].join('\n\n');
}
