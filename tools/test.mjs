// The test command: builds what is needed, runs every project's tests and those of the tools, and ends with one plain line of counts.
// `node tools/test.mjs [nx arguments]`, for example `node tools/test.mjs -p @facet/sae`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';

const FOLDERS = ['apps', 'libs', 'tools'];
const counts = { passed: 0, failed: 0, skipped: 0 };
let broken = false;

for (const file of resultFiles()) rmSync(file);
const nx = spawnSync('node_modules/.bin/nx', ['run-many', '-t', 'test', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
broken ||= nx.status !== 0;
for (const file of resultFiles()) add(JSON.parse(readFileSync(file, 'utf8')));

const tools = spawnSync(
  process.execPath,
  [
    '--test',
    '--test-reporter=tap',
    'tools/check-boundaries/check.spec.mjs',
    'tools/check-boundaries/import-circles.spec.mjs',
    'tools/check-docs/check.spec.mjs',
  ],
  { encoding: 'utf8' },
);
broken ||= tools.status !== 0;
process.stdout.write(tools.status === 0 ? '' : tools.stdout);
add({ passed: tapCount('pass'), failed: tapCount('fail'), skipped: tapCount('skipped') });

console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(broken || counts.failed > 0 ? 1 : 0);

function resultFiles() {
  const projects = FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));
  return projects.map((project) => `${project}/test-results.json`).filter((file) => existsSync(file));
}

function add(result) {
  for (const key of Object.keys(counts)) counts[key] += result[key] ?? 0;
}

function tapCount(word) {
  return Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(tools.stdout)?.[1] ?? 0);
}
