import type { Palette } from '../text/palette.ts';
import { formatSeconds, formatShare } from '../text/quantities.ts';
import { renderTable } from '../text/table.ts';

/** How long one stage took and what it did. */
export interface StageTime {
  stage: string;
  seconds: number;
  /** For people: how much was done, how fast. */
  work: string;
}

/** Collects where the time goes. */
export interface Timings {
  readonly stages: readonly StageTime[];
  /** Runs one stage and notes its time; `describe` says what came of it. A stage that throws is not noted. */
  measure<T>(stage: string, work: () => Promise<T>, describe: (result: T) => string): Promise<T>;
  /** Seconds since the timings were created. */
  total(): number;
}

/** Starts collecting; `now` gives milliseconds, monotonic. */
export function createTimings(now: () => number): Timings {
  const startMs = now();
  const stages: StageTime[] = [];
  return {
    stages,
    measure: async (stage, work, describe) => {
      const beginMs = now();
      const result = await work();
      stages.push({ stage, seconds: (now() - beginMs) / 1000, work: describe(result) });
      return result;
    },
    total: () => (now() - startMs) / 1000,
  };
}

/** Writes where the time went: every stage, what lies between them, and the sum. */
export function renderTimings(stages: readonly StageTime[], total: number, palette: Palette): string {
  const known = stages.reduce((sum, { seconds }) => sum + seconds, 0);
  const rows = [
    ...stages,
    { stage: 'between', seconds: Math.max(0, total - known), work: '' },
    { stage: 'in all', seconds: total, work: '' },
  ];
  const columns = [
    { title: 'stage', cell: ({ stage }: StageTime) => stage },
    { title: 'time', cell: ({ seconds }: StageTime) => formatSeconds(seconds), align: 'right' as const },
    {
      title: 'share',
      cell: ({ seconds }: StageTime) => formatShare(total > 0 ? seconds / total : 0),
      align: 'right' as const,
    },
    { title: 'work', cell: ({ work }: StageTime) => work },
  ];
  return renderTable(rows, columns, palette);
}
