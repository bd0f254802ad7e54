import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { checkBoundaries, findImports, MAX_FILE_LINES } from './check.mjs';

let root;
afterEach(() => {
  if (root !== undefined) rmSync(root, { recursive: true, force: true });
  root = undefined;
});

/** Writes a tree of projects: path → [layer, dependencies, sources]. */
function tree(projects) {
  root = mkdtempSync(join(tmpdir(), 'facet-boundaries-'));
  for (const [path, [layer, dependencies, sources]] of Object.entries(projects)) {
    const name = `@facet/${path.split('/')[1]}`;
    const manifest = {
      name,
      dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, '*'])),
    };
    if (layer !== undefined) manifest.nx = { tags: [`layer:${layer}`] };
    write(`${path}/package.json`, JSON.stringify(manifest));
    for (const [file, text] of Object.entries(sources)) write(`${path}/src/${file}`, text);
  }
  return checkBoundaries(root);
}

function write(path, text) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const errors = { 'libs/errors': ['base', [], { 'index.ts': 'export {};' }] };
const uses = (name) => ({ 'index.ts': `import { x } from '${name}';\n` });

describe('checkBoundaries', () => {
  test('accepts imports that go down', () => {
    assert.deepEqual(
      tree({
        ...errors,
        'libs/sae': ['domain', ['@facet/errors'], uses('@facet/errors')],
        'libs/mesh': ['platform', ['@facet/sae'], uses('@facet/sae')],
        'apps/training': [
          'app',
          ['@facet/mesh', '@facet/sae'],
          { 'a.ts': "import '@facet/mesh';", 'b.ts': "export * from '@facet/sae';" },
        ],
        'apps/cli': ['cli', ['@facet/training'], { 'main.ts': "const t = await import('@facet/training');" }],
      }),
      [],
    );
  });

  for (const [from, to] of [
    ['domain', 'contracts'],
    ['domain', 'platform'],
    ['contracts', 'domain'],
    ['platform', 'app'],
    ['base', 'domain'],
    ['app', 'app'],
    ['app', 'cli'],
    ['cli', 'e2e'],
  ]) {
    test(`refuses ${from} importing ${to}`, () => {
      const problems = tree({
        'libs/from': [from, ['@facet/to'], uses('@facet/to')],
        'libs/to': [to, [], { 'index.ts': 'export {};' }],
      });
      assert.deepEqual(problems, [`libs/from/src/index.ts: ${from} must not import ${to} (@facet/to)`]);
    });
  }

  test('refuses an import that is not declared, and a declaration that is not used', () => {
    const problems = tree({
      ...errors,
      'libs/tensor': ['domain', [], uses('@facet/errors')],
      'libs/onnx': ['domain', ['@facet/errors'], { 'index.ts': '// @facet/errors is only mentioned here\n' }],
    });
    assert.deepEqual(problems, [
      'libs/onnx/package.json: declares @facet/errors, which no source imports',
      'libs/tensor/src/index.ts: imports @facet/errors, which libs/tensor/package.json does not declare',
    ]);
  });

  test('refuses ways around the index', () => {
    const problems = tree({
      ...errors,
      'libs/tensor': [
        'domain',
        ['@facet/errors'],
        {
          'a.ts': "import '@facet/errors/src/facet-error.ts';",
          'deep/b.ts': "import '../../../errors/src/index.ts';",
        },
      ],
    });
    assert.deepEqual(problems, [
      'libs/tensor/src/a.ts: imports @facet/errors/src/facet-error.ts past the index of @facet/errors',
      'libs/tensor/src/deep/b.ts: reaches into another project with ../../../errors/src/index.ts; import its package',
    ]);
  });

  test('accepts what a package exports for tests, in tests only', () => {
    const text = "import { x } from '@facet/index/testing';";
    tree({
      'libs/index': ['domain', [], {}],
      'libs/user': ['domain', ['@facet/index'], { 'a.spec.ts': text, 'testing/b.ts': text, 'c.ts': text }],
    });
    const exported = { '.': './src/index.ts', './testing': './src/testing/index.ts' };
    write(
      'libs/index/package.json',
      JSON.stringify({ name: '@facet/index', exports: exported, nx: { tags: ['layer:domain'] } }),
    );
    assert.deepEqual(checkBoundaries(root), [
      'libs/user/src/c.ts: imports @facet/index/testing past the index of @facet/index',
    ]);
  });

  test('refuses a missing layer, an unknown package and a package that imports itself', () => {
    const problems = tree({
      'libs/a': [undefined, [], {}],
      'libs/b': ['domain', [], { 'index.ts': "import '@facet/b';\nimport '@facet/nothing';" }],
    });
    assert.equal(problems.length, 3);
    assert.match(problems[0], /no layer tag/);
    assert.match(problems[1], /imports its own package/);
    assert.match(problems[2], /which is no project/);
  });

  test('refuses files that are too long, but not generated ones', () => {
    const long = 'x;\n'.repeat(MAX_FILE_LINES + 1);
    const fits = 'x;\n'.repeat(MAX_FILE_LINES);
    const problems = tree({
      'libs/a': ['base', [], { 'long.ts': long, 'fits.ts': fits, 'gen/generated.ts': long }],
    });
    assert.deepEqual(problems, ['libs/a/src/long.ts: has 301 lines, more than 300; split it']);
  });

  test('names a cycle once', () => {
    const problems = tree({
      'libs/a': ['domain', ['@facet/b'], uses('@facet/b')],
      'libs/b': ['domain', ['@facet/c'], uses('@facet/c')],
      'libs/c': ['domain', ['@facet/a'], uses('@facet/a')],
    });
    assert.deepEqual(problems, [
      'packages depend on each other in a cycle: @facet/a → @facet/b → @facet/c → @facet/a',
    ]);
  });
});

describe('findImports', () => {
  test('sees every form and no comment', () => {
    const text = `
      import a from 'a'; import { b } from "b"; import type { c } from 'c'; export * from 'd'; import 'e';
      const f = await import('f'); const g = require('g'); require.resolve('h');
      // import 'comment'
      /* import 'block' */
      const url = 'https://x'; import 'i';
      const globs = ['src/*', "import 'text'"]; import 'k'; const end = '*/';
      import {
        j,
      } from 'j';
    `;
    assert.deepEqual(findImports(text), ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'k', 'j']);
  });
});

describe('main', () => {
  test('names the files of an import circle', () => {
    tree({
      'libs/a': [
        'base',
        [],
        { 'high.ts': "import './low.ts';", 'low.ts': "import type { X } from './high.ts';" },
      ],
    });
    const main = join(import.meta.dirname, 'main.mjs');
    const { status, stderr } = spawnSync(process.execPath, [main, root], { encoding: 'utf8' });
    assert.equal(status, 1);
    assert.match(stderr, /libs\/a\/src\/high\.ts → libs\/a\/src\/low\.ts → libs\/a\/src\/high\.ts/);
  });

  test('exits 1 and lists the violations, else 0', () => {
    tree({ 'libs/a': ['nowhere', [], {}] });
    const run = () =>
      spawnSync(process.execPath, [join(import.meta.dirname, 'main.mjs'), root], { encoding: 'utf8' });
    const failed = run();
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /unknown layer, nowhere[\s\S]*1 boundary violation/);
    write('libs/a/package.json', JSON.stringify({ name: '@facet/a', nx: { tags: ['layer:base'] } }));
    assert.equal(run().status, 0);
  });
});
