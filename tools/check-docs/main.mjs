// Fails when a page names a spec, a file or a script that is not there: `node tools/check-docs/main.mjs [root]`.
import { resolve } from 'node:path';
import { checkDocs } from './check.mjs';

const problems = checkDocs(resolve(process.argv[2] ?? `${import.meta.dirname}/../..`));
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log('pages name what is there');
