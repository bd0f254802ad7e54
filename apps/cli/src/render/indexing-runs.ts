import {
  type Column,
  describeProgress,
  type Field,
  formatCount,
  formatRate,
  formatSeconds,
  formatValue,
  shortState,
  stageProgress,
} from '@facet/console';
import type { IndexingRun } from '@facet/contracts';

/** Columns of a list of indexing runs. */
export const INDEXING_RUN_COLUMNS: readonly Column<IndexingRun>[] = [
  { title: 'name', cell: ({ name }) => name },
  { title: 'state', cell: ({ state }) => shortState(state) },
  { title: 'sae', cell: ({ spec }) => spec?.sae ?? '' },
  { title: 'activation set', cell: ({ spec }) => spec?.activationSet ?? '' },
  { title: 'tokens', cell: ({ summary }) => (summary ? formatCount(summary.tokens) : ''), align: 'right' },
  { title: 'events', cell: ({ summary }) => (summary ? formatCount(summary.events) : ''), align: 'right' },
];

/** What `show` says of an indexing run. */
export function indexingRunFields(run: IndexingRun): Field[] {
  const { name, spec, state, error, progress, summary, createTime } = run;
  const shown = stageProgress(progress);
  return [
    ['name', name],
    ['state', shortState(state)],
    ['error', error?.message],
    ['progress', shown && describeProgress(shown)],
    ['sae', spec?.sae],
    ['activation set', spec?.activationSet],
    ['tokens', summary && `${formatCount(summary.tokens)}, special ones left out`],
    ['events', summary && formatCount(summary.events)],
    ['live features', summary && formatCount(summary.liveFeatures)],
    ['l0', summary && formatValue(summary.l0)],
    ['time', summary && indexingTime(Number(summary.events), summary.seconds)],
    ...(summary?.notices ?? []).map((notice): Field => ['notice', notice]),
    ['created', createTime?.toISOString()],
  ];
}

function indexingTime(events: number, seconds: number): string {
  return seconds > 0 ? `${formatSeconds(seconds)} (${formatRate(events / seconds, 'events')})` : '';
}
