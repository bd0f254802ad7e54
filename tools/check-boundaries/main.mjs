// Fails when a project imports against the layers of the house: `node tools/check-boundaries/main.mjs [root] [--project=libs/sae]`.
// With a project, only its own problems count.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkBoundaries } from './check.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { project: { type: 'string' } },
});
const root = resolve(positionals[0] ?? `${import.meta.dirname}/../..`);
const problems = checkBoundaries(root).filter((problem) => problem.startsWith(values.project ?? ''));
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`\n${problems.length} boundary ${problems.length === 1 ? 'violation' : 'violations'}`);
  process.exitCode = 1;
} else console.log('boundaries hold');
