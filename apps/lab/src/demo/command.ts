import { type Action, addCommand, createTimings, type Run, writeReport } from '@facet/console';
import type { Command } from 'commander';
import { DEMO_DEFAULTS, type DemoOptions, planDemo } from './plan.ts';

/** Adds `facet demo`: the Golden Gate Bridge with the bundled model, nothing to download. */
export function addDemoCommand(program: Command, run: Run): void {
  const { seed, seeds, strength, tokens, dataDir, out } = DEMO_DEFAULTS;
  addCommand(program, 'demo', 'the Golden Gate Bridge: find its feature in the bundled model and clamp it')
    .option('--seed <number>', 'seed of the texts, the SAE, the control and the answers', seed)
    .option('--seeds <count>', 'sampled answers', seeds)
    .option('--strength <number>', 'clamp to this many times the feature’s largest activation', strength)
    .option('--tokens <count>', 'tokens that the SAE learns from', tokens)
    .option(
      '--data-dir <directory>',
      'where everything is stored; steps that an earlier run finished there are used again',
      dataDir,
    )
    .option('--out <file>', 'the report, one HTML file', out)
    .action(run(showDemo));
}

const showDemo: Action<DemoOptions> = async (invocation, options) => {
  const timings = createTimings(() => performance.now());
  const plan = planDemo(options);
  // Loaded here: SAEs and figures would make every other command start half a second later.
  const [{ runDemo }, { demoJson }, { demoText }] = await Promise.all([
    import('./demo.ts'),
    import('./report/json.ts'),
    import('./report/text.ts'),
  ]);
  const findings = await runDemo(plan, invocation, timings);
  const spent = () => ({ stages: timings.stages, total: timings.total() });
  await timings.measure(
    'report',
    async () => {
      const { demoReport } = await import('./report/report.ts');
      await writeReport(plan.out, await demoReport(plan, findings, spent()));
    },
    () => plan.out,
  );
  return {
    text: demoText(plan, findings, spent(), invocation),
    json: demoJson(plan, findings, spent()),
  };
};
