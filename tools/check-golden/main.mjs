// Runs every directory that holds a `golden.json` through the product's own runtime and says how far it is from the truth:
// `npm run check:golden -- [--json] [--all] DIR...`; `--all` adds those of ../shared.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkDirectory } from './check-directory.mjs';
import { summaryOf } from './judgement.mjs';

const SHARED = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const args = process.argv.slice(2);
const asJson = args.includes('--json');
const named = args.filter((arg) => !arg.startsWith('--'));
const shared = ['families', 'models'].flatMap((folder) => goldenFolders(join(SHARED, folder)));
const directories = [...named, ...(args.includes('--all') ? shared : [])];
if (directories.length === 0) {
  process.stderr.write('name directories with a golden.json, or --all for those of ../shared\n');
  process.exit(2);
}

const results = [];
for (const directory of directories) {
  const found = await checkDirectory(directory).catch((error) => [
    { case: basename(directory), refused: error.message, ok: false },
  ]);
  for (const result of found) {
    results.push(result);
    if (!asJson) process.stdout.write(`${summaryOf(result)}\n`);
  }
}
const failed = results.filter(({ ok }) => !ok);
if (asJson) process.stdout.write(`${JSON.stringify(results)}\n`);
else
  process.stdout.write(
    `\n${results.length - failed.length} of ${results.length} texts as the truth has them\n`,
  );
process.exit(failed.length > 0 ? 1 : 0);

function goldenFolders(folder) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).sort();
  return names.map((name) => join(folder, name)).filter((path) => existsSync(join(path, 'golden.json')));
}
