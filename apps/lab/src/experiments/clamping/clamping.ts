import { join } from 'node:path';
import { type Action, writeReport } from '@facet/console';
import { withLab } from '../../landmarks/lab.ts';
import type { ExperimentOptions } from '../definition.ts';
import { CLAMPING_PLAN, measureClamping } from './measure.ts';
import { clampingJson } from './report/json.ts';
import { clampingPage } from './report/report.ts';
import { renderClamping } from './report/table.ts';

/** Experiment 2: what the model says when the feature of a concept is clamped (Scaling Monosemanticity, strategy 2). */
export const runClamping: Action<ExperimentOptions> = async (invocation, options) => {
  const started = performance.now();
  const clamping = await withLab(options, invocation, (lab) =>
    measureClamping(lab, CLAMPING_PLAN, invocation),
  );
  const spent = { seed: Number(options.seed), seconds: (performance.now() - started) / 1000 };
  const report = await writeReport(join(options.out, 'clamping.html'), await clampingPage(clamping, spent));
  const text = renderClamping(clamping, { ...spent, report, palette: invocation.palette });
  return { text, json: clampingJson(clamping, { ...spent, report }) };
};
