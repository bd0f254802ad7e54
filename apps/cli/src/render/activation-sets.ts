import {
  type Column,
  type Field,
  formatBytes,
  formatCount,
  formatRate,
  formatSeconds,
  formatValue,
  shortState,
} from '@facet/console';
import type { ActivationSet } from '@facet/contracts';

/** Columns of a list of activation sets. */
export const ACTIVATION_SET_COLUMNS: readonly Column<ActivationSet>[] = [
  { title: 'name', cell: ({ name }) => name },
  { title: 'state', cell: ({ state }) => shortState(state) },
  { title: 'model', cell: ({ spec }) => spec?.model ?? '' },
  { title: 'hook point', cell: ({ spec }) => spec?.hookPoint ?? '' },
  { title: 'rows', cell: ({ summary }) => (summary ? formatCount(summary.rows) : ''), align: 'right' },
  { title: 'size', cell: ({ summary }) => (summary ? formatBytes(summary.bytes) : ''), align: 'right' },
];

/** What `show` says of an activation set. */
export function activationSetFields({ name, spec, state, error, summary, ...rest }: ActivationSet): Field[] {
  return [
    ['name', name],
    ['state', shortState(state)],
    ['error', error?.message],
    ['model', spec?.model],
    ['hook point', spec?.hookPoint],
    ['corpus', spec?.corpus?.uri],
    ['read as', summary?.corpusFormat || undefined],
    ['rows', summary && `${formatCount(summary.rows)}, ${formatCount(summary.specialRows)} of them special`],
    ['documents', summary && formatCount(summary.documents)],
    ['d_in', summary && String(summary.dIn)],
    ['shards', summary && `${summary.shards}, ${formatBytes(summary.bytes)}`],
    ['mean norm', summary && formatValue(summary.meanNorm, 4)],
    ['captured in', summary && captureTime(Number(summary.rows), summary.captureSeconds)],
    ['created', rest.createTime?.toISOString()],
  ];
}

function captureTime(rows: number, seconds: number): string {
  return seconds > 0 ? `${formatSeconds(seconds)} (${formatRate(rows / seconds, 'tokens')})` : '';
}
