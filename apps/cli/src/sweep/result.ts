import { join } from 'node:path';
import {
  type Clients,
  type CommandResult,
  type Invocation,
  trainingWarnings,
  writeReport,
} from '@facet/console';
import { TrainingRun } from '@facet/contracts';
import { evaluateMembers, type MeasureOptions } from './evaluate-members.ts';
import { frontierOf } from './frontier.ts';
import { renderFrontier } from './frontier-table.ts';
import { sweepPage } from './report.ts';

/** How a finished sweep is measured, and where its page goes. */
export interface SweepResultOptions extends MeasureOptions {
  /** Directory of the page. */
  out: string;
}

/** Measures the SAEs of a finished sweep, writes `<out>/sweep-<id>.html`, and shows the frontier. */
export async function sweepResult(
  clients: Clients,
  run: TrainingRun,
  { out, ...measure }: SweepResultOptions,
  invocation: Pick<Invocation, 'progress' | 'signal' | 'palette'>,
): Promise<CommandResult> {
  const evaluations = await evaluateMembers(clients, run, measure, invocation);
  const frontier = frontierOf(run, evaluations);
  const id = run.name.slice('trainingRuns/'.length);
  const report = await writeReport(join(out, `sweep-${id}.html`), await sweepPage(run, frontier));
  const warnings = trainingWarnings(run).map((warning) => `warning: ${warning}`);
  return {
    text: [renderFrontier(frontier, invocation.palette), ...warnings, `report: ${report}`].join('\n'),
    json: { ...(TrainingRun.toJSON(run) as object), frontier, report },
  };
}
