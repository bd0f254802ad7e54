import type { Progress } from '@facet/contracts';
import { formatCount, formatRate, formatRemaining } from '../text/quantities.ts';

/** How far a stage has come. */
export interface StageProgress {
  done: number;
  /** Absent while it is not known. */
  total?: number | undefined;
  unit: string;
  /** Units per second; 0 before the first measurement. */
  rate: number;
  etaSeconds?: number | undefined;
  /** What is being done now, or how well it goes; shown after the numbers. */
  detail?: string | undefined;
}

/** One stage of the work, from its start to `done` or `stopped`. */
export interface Stage {
  update(progress: StageProgress): void;
  /** Ends the stage well; `outcome` is what it made. */
  done(outcome: string): void;
  /** Ends the stage because of an error or an interruption. */
  stopped(reason: string): void;
}

/** Says on standard error what is going on. */
export interface ProgressReporter {
  stage(title: string): Stage;
  /** One line, at once. */
  note(line: string): void;
  close(): void;
}

/** Reads the progress of a resource. */
export function stageProgress(progress: Progress | undefined, detail?: string): StageProgress | undefined {
  if (progress === undefined) return undefined;
  const { done, total, unit, rate, etaSeconds, stage } = progress;
  return {
    done: Number(done),
    total: total === undefined ? undefined : Number(total),
    unit,
    rate,
    etaSeconds,
    detail: detail ?? stage,
  };
}

/** Writes progress as one line: `120,000 of 500,000 tokens (24%), 41,000 tokens/s, 9 s left, capturing`. */
export function describeProgress(progress: StageProgress): string {
  const { done, total, unit, rate, etaSeconds, detail } = progress;
  const amount =
    total === undefined || total === 0
      ? `${formatCount(done)} ${unit}`
      : `${formatCount(done)} of ${formatCount(total)} ${unit} (${Math.floor((100 * done) / total)}%)`;
  const parts = [
    amount,
    rate > 0 ? formatRate(rate, unit) : '',
    etaSeconds === undefined ? '' : `${formatRemaining(etaSeconds)} left`,
    detail ?? '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
