import { parseArgs } from 'node:util';
import { attackService, type HostileResult } from '@facet/mesh/hostile';
import { startHostileSystem } from './hostile-system.ts';
import { targetsOf } from './targets.ts';

/** Attacks every service, one after the other; `npm run test:hostile -- [--json] [--share 0.1] [--seed 1] [--only name]`. */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    share: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const report = (line: string) => process.stderr.write(`${line}\n`);
const options = { share: Number(values.share), seed: Number(values.seed), report };

const system = await startHostileSystem();
const results: HostileResult[] = [];
try {
  for (const target of targetsOf(system))
    if (values.only === undefined || values.only === target.name)
      results.push(await attackService(target, options));
} finally {
  await system.stop();
}
const broken = results.filter(
  ({ crashes, wedged, internal_errors, paths_leaked }) =>
    crashes + wedged + internal_errors + paths_leaked > 0,
);
process.stdout.write(
  values.json ? `${JSON.stringify({ ...options, services: results })}\n` : tableOf(results),
);
process.exit(broken.length > 0 ? 1 : 0);

function tableOf(rows: readonly HostileResult[]): string {
  const names = Object.keys(rows[0] ?? {}) as (keyof HostileResult)[];
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => String(row[name]).length)));
  const line = (cells: readonly unknown[]) =>
    `${cells.map((cell, i) => (i === 0 ? String(cell).padEnd(widths[i]!) : String(cell).padStart(widths[i]!))).join('  ')}\n`;
  return line(names) + rows.map((row) => line(names.map((name) => row[name]))).join('');
}
