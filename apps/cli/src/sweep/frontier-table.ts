import {
  type Column,
  formatCount,
  formatShare,
  formatValue,
  type Palette,
  renderTable,
} from '@facet/console';
import type { FrontierRow } from './frontier.ts';

/** Columns of the frontier, for text and page alike. */
export const FRONTIER_COLUMNS: readonly Column<FrontierRow>[] = [
  { title: 'recipe', cell: ({ recipe }) => recipe },
  { title: 'd_sae', cell: ({ dSae }) => formatCount(dSae), align: 'right' },
  { title: 'sparsity', cell: ({ sparsity }) => sparsity },
  { title: 'l0', cell: ({ l0 }) => measured(l0), align: 'right' },
  { title: 'fvu', cell: ({ fvu }) => measured(fvu), align: 'right' },
  {
    title: 'dead',
    cell: ({ deadFraction }) => (deadFraction === undefined ? '–' : formatShare(deadFraction)),
    align: 'right',
  },
  { title: 'ce_rec zero', cell: ({ model }) => recovered(model?.ceRecoveredZero), align: 'right' },
  { title: 'ce_rec mean', cell: ({ model }) => recovered(model?.ceRecoveredMean), align: 'right' },
  { title: 'KL', cell: ({ model }) => measured(model?.klSae), align: 'right' },
  { title: 'tokens', cell: ({ tokens }) => formatCount(tokens), align: 'right' },
  { title: 'Pareto', cell: (row) => paretoOf(row) },
];

/** Writes the frontier as a table, and below it what its columns mean and which SAEs were given up. */
export function renderFrontier(rows: readonly FrontierRow[], palette: Palette): string {
  const notes = [explanation(rows), ...failures(rows)];
  return [renderTable(rows, FRONTIER_COLUMNS, palette), ...notes.map((line) => palette.dim(line))].join('\n');
}

/** Says what was measured on what. */
export function explanation(rows: readonly FrontierRow[]): string {
  const window = Math.max(0, ...rows.map(({ deadWindowTokens }) => deadWindowTokens));
  return (
    `Pareto: no other SAE is as sparse and as good, by fvu or by ce_recovered (zero ablation). Dead: silent over the ` +
    `last ${formatCount(window)} training tokens. KL in nats. BOS and special tokens are left out.`
  );
}

/** A line for each SAE that was given up. */
export function failures(rows: readonly FrontierRow[]): string[] {
  return rows.flatMap(({ sae, error }) => (error === undefined ? [] : [`${sae} is not published: ${error}`]));
}

function paretoOf({ pareto, error }: FrontierRow): string {
  if (error !== undefined) return 'given up';
  return [pareto.fvu && 'fvu', pareto.ceRecovered && 'ce'].filter(Boolean).join(' ');
}

function measured(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '–' : formatValue(value);
}

/** A share of the loss, which may be negative. */
function recovered(share: number | undefined): string {
  return share === undefined || !Number.isFinite(share) ? '–' : `${(100 * share).toFixed(1)}%`;
}
