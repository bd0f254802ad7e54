import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { checkDocs } from './check.mjs';

let root;
afterEach(() => {
  if (root !== undefined) rmSync(root, { recursive: true, force: true });
  root = undefined;
});

function check(files) {
  root = mkdtempSync(join(tmpdir(), 'facet-docs-'));
  const all = { 'package.json': '{"scripts": {"test:kill": "x"}}', 'libs/a/src/a.spec.ts': '', ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return checkDocs(root);
}

describe('checkDocs', () => {
  test('accepts specs, patterns, scripts and links that are there, and words that are no files', () => {
    const page =
      '`libs/a/src/a.spec.ts`, `libs/a/src/*.spec.ts`, `a.spec.ts`, `npm run test:kill`, `npm test`, `npm run bench:<area>`, `x.spec.ts`, `config.json`, ' +
      '[b](../b.md#part), [web](https://host/x.md), [here](#part)';
    assert.deepEqual(check({ 'docs/page.md': page, 'b.md': '' }), []);
  });

  test('names the page and what it names in vain', () => {
    const page =
      '`libs/a/src/b.spec.ts` `libs/b/src/*.spec.ts` `b.spec.ts` `npm run test:gone -- --json` [b](b.md)';
    assert.deepEqual(check({ 'docs/page.md': page }), [
      'docs/page.md: names libs/a/src/b.spec.ts, which is not there',
      'docs/page.md: names libs/b/src/*.spec.ts, which is not there',
      'docs/page.md: names b.spec.ts, which is not there',
      'docs/page.md: names npm run test:gone -- --json, which package.json does not have',
      'docs/page.md: links to b.md, which is not there',
    ]);
  });

  test('looks into no folder that is made by tools', () => {
    assert.deepEqual(
      check({ 'node_modules/x/README.md': '`b.spec.ts`', 'libs/a/dist/x.md': '[b](b.md)' }),
      [],
    );
  });
});
