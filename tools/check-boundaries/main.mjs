// Fails when a project imports against the layers of the house: `node tools/check-boundaries/main.mjs [root]`.
import { resolve } from 'node:path';
import { checkBoundaries } from './check.mjs';

const root = resolve(process.argv[2] ?? `${import.meta.dirname}/../..`);
const problems = checkBoundaries(root);
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`\n${problems.length} boundary ${problems.length === 1 ? 'violation' : 'violations'}`);
  process.exitCode = 1;
} else console.log('boundaries hold');
