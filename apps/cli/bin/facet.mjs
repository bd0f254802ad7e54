#!/usr/bin/env node
// npm links a bin at install time only if its file is there: this one always is, dist/main.js only after the build.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
if (existsSync(main)) await import(main.href);
else {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  process.stderr.write(`facet: it is not built yet; run \`npm run build\` in ${root}\n`);
  process.exit(3);
}
