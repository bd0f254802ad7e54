import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { checkBoundaries } from './check.mjs';
import { findImportCircles } from './import-circles.mjs';

/** The chains that are named for sources of one package: file → the modules that it imports. */
function chainsOf(imports, entries = new Map()) {
  const files = Object.entries(imports).map(([path, names]) => ({ path, imports: names }));
  return findImportCircles(files, entries).map((problem) => /types included: (.*);/.exec(problem)[1]);
}

describe('findImportCircles', () => {
  test('finds none where imports go one way, also twice to one file', () => {
    const imports = {
      'src/a.ts': ['./b.ts', './c.ts', 'node:fs', '@facet/other', './gone.ts'],
      'src/b.ts': ['./d.ts'],
      'src/c.ts': ['./d.ts'],
      'src/d.ts': [],
    };
    assert.deepEqual(chainsOf(imports), []);
  });

  test('names two files that import each other, and nothing that only leads there', () => {
    const imports = {
      'src/top.ts': ['./b.ts'],
      'src/b.ts': ['./a.ts'],
      'src/a.ts': ['./b.ts', './leaf.ts'],
      'src/leaf.ts': [],
    };
    assert.deepEqual(chainsOf(imports), ['src/a.ts → src/b.ts → src/a.ts']);
  });

  test('names a file that imports itself', () => {
    assert.deepEqual(chainsOf({ 'src/a.ts': ['./a.ts'] }), ['src/a.ts → src/a.ts']);
  });

  test('goes through an index, named or as its folder', () => {
    for (const index of ['../index.ts', '../index', '..', '../', '../index.js']) {
      const imports = { 'src/index.ts': ['./room/a.ts'], 'src/room/a.ts': [index] };
      assert.deepEqual(chainsOf(imports), ['src/index.ts → src/room/a.ts → src/index.ts'], index);
    }
  });

  test('names the shortest circle of a knot, and each of two knots', () => {
    const imports = {
      'src/a.ts': ['./b.ts'],
      'src/b.ts': ['./c.ts'],
      'src/c.ts': ['./a.ts', './d.ts'],
      'src/d.ts': ['./c.ts'],
      'src/x.ts': ['./y.ts'],
      'src/y.ts': ['./z.ts'],
      'src/z.ts': ['./x.ts'],
    };
    assert.deepEqual(chainsOf(imports), [
      'src/c.ts → src/d.ts → src/c.ts',
      'src/x.ts → src/y.ts → src/z.ts → src/x.ts',
    ]);
  });

  test('goes through what packages export', () => {
    const entries = new Map([
      ['@facet/low', 'libs/low/src/index.ts'],
      ['@facet/high/testing', 'libs/high/src/testing/index.ts'],
    ]);
    const imports = {
      'libs/low/src/index.ts': ['./a.ts'],
      'libs/low/src/a.ts': ['@facet/high/testing'],
      'libs/high/src/testing/index.ts': ['@facet/low'],
    };
    assert.deepEqual(chainsOf(imports, entries), [
      'libs/high/src/testing/index.ts → libs/low/src/index.ts → libs/low/src/a.ts → libs/high/src/testing/index.ts',
    ]);
  });

  test('names a circle of 2,000 files', () => {
    const count = 2000;
    const name = (i) => `${String(i % count).padStart(4, '0')}.ts`;
    const imports = Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`src/${name(i)}`, [`./${name(i + 1)}`]]),
    );
    const [chain, ...others] = chainsOf(imports);
    assert.deepEqual(others, []);
    assert.deepEqual(chain.split(' → '), [...Object.keys(imports), 'src/0000.ts']);
  });
});

describe('checkBoundaries', () => {
  let root;
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** Writes a tree of files, each package at the layer domain, and checks it. */
  function check(packages, files) {
    root = mkdtempSync(join(tmpdir(), 'facet-circles-'));
    for (const [path, dependencies] of Object.entries(packages)) {
      const manifest = {
        name: `@facet/${path.split('/')[1]}`,
        exports: { '.': { 'facet-source': './src/index.ts', default: './dist/index.js' } },
        devDependencies: Object.fromEntries(dependencies.map((name) => [name, '*'])),
        nx: { tags: ['layer:domain'] },
      };
      write(`${path}/package.json`, JSON.stringify(manifest));
    }
    for (const [path, text] of Object.entries(files)) write(path, text);
    return checkBoundaries(root);
  }

  function write(path, text) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }

  const circle = (...files) =>
    `${files[0]}: stands in an import circle, types included: ${[...files, files[0]].join(' → ')}; move what both need into the lower of them`;

  for (const [kind, text] of [
    ['values', "import { low } from './low.ts';"],
    ['types', "import type { Low } from './low.ts';"],
    ['types among values', "import { type Low } from './low.ts';"],
    ['what is passed on', "export * from './low.ts';"],
    ['types passed on', "export type { Low } from './low.ts';"],
    ['a type in place', "export type Lows = import('./low.ts').Low[];"],
    ['what is loaded later', "export const load = () => import('./low.ts');"],
    ['what runs', "import './low.ts';"],
  ])
    test(`refuses a circle of ${kind}`, () => {
      const low = "import type {\n  High,\n} from './high.ts';\nexport type Low = High;\n";
      assert.deepEqual(check({ 'libs/a': [] }, { 'libs/a/src/high.ts': text, 'libs/a/src/low.ts': low }), [
        circle('libs/a/src/high.ts', 'libs/a/src/low.ts'),
      ]);
    });

  test('refuses a circle of specs and of tools that are no project; a comment makes none', () => {
    const problems = check(
      { 'libs/a': [] },
      {
        'libs/a/src/a.spec.ts': "import './testing/b.ts';",
        'libs/a/src/testing/b.ts': "import '../a.spec.ts';",
        'libs/a/src/c.ts': "// import './d.ts';\n",
        'libs/a/src/d.ts': "import './c.ts';",
        'tools/x/a.mjs': "import './b.mjs';",
        'tools/x/b.mjs': "import './a.mjs';",
        'tools/plain.mjs': "import './x/a.mjs';",
      },
    );
    assert.deepEqual(problems, [
      circle('libs/a/src/a.spec.ts', 'libs/a/src/testing/b.ts'),
      circle('tools/x/a.mjs', 'tools/x/b.mjs'),
    ]);
  });

  test('refuses a circle across packages that development alone ties together', () => {
    const problems = check(
      { 'libs/a': ['@facet/b'], 'libs/b': ['@facet/a'] },
      {
        'libs/a/src/index.ts': "export * from './one.ts';",
        'libs/a/src/one.ts': "import type { B } from '@facet/b';",
        'libs/b/src/index.ts': "export type { A as B } from '@facet/a';",
      },
    );
    assert.deepEqual(problems, [circle('libs/a/src/index.ts', 'libs/a/src/one.ts', 'libs/b/src/index.ts')]);
  });
});
