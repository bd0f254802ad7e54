import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { findImportCircles } from './import-circles.mjs';

/** Longest source file, lines. */
export const MAX_FILE_LINES = 300;

/** Layers that each layer may import, besides itself where `self` is set. */
const LAYERS = {
  base: { allowed: [], self: true },
  contracts: { allowed: ['base'], self: true },
  domain: { allowed: ['base'], self: true },
  platform: { allowed: ['base', 'contracts', 'domain'], self: true },
  app: { allowed: ['base', 'contracts', 'domain', 'platform'], self: false },
  stack: { allowed: ['base', 'contracts', 'domain', 'platform', 'app'], self: false },
  lab: { allowed: ['base', 'contracts', 'domain', 'platform', 'app', 'stack'], self: false },
  cli: { allowed: ['base', 'contracts', 'domain', 'platform', 'app', 'stack', 'lab'], self: false },
  e2e: { allowed: ['base', 'contracts', 'domain', 'platform', 'app', 'stack', 'lab', 'cli'], self: false },
};

/** Checks all projects below `apps/`, `libs/` and `tools/` of `root`; returns the violations as sentences. */
export function checkBoundaries(root) {
  const projects = readProjects(root);
  const byName = new Map(projects.map((project) => [project.name, project]));
  return [
    ...projects.flatMap((project) => [
      ...checkLayer(project),
      ...checkImports(project, byName),
      ...checkUnused(project),
      ...checkFileSizes(project),
    ]),
    ...findCycles(projects),
    ...findImportCircles(allSources(root, projects), entriesOf(projects)),
  ];
}

/** Sources of all projects, and of the tools that are no project. */
function allSources(root, projects) {
  const paths = projects.map(({ path }) => path);
  const tools = existsSync(join(root, 'tools')) ? readdirSync(join(root, 'tools')) : [];
  const others = tools.map((name) => `tools/${name}`).filter((path) => !paths.includes(path));
  return [
    ...projects.flatMap(({ files }) => files),
    ...others.flatMap((path) => sourceFiles(join(root, path))).map((path) => readSource(root, path)),
  ];
}

/** The source of everything that packages export, by the name under which it is imported. */
function entriesOf(projects) {
  const entries = projects.flatMap(({ name, path, exports }) =>
    Object.entries(exports).map(([subpath, target]) => {
      const source = typeof target === 'string' ? target : target['facet-source'];
      return [join(name, subpath), source === undefined ? undefined : join(path, source)];
    }),
  );
  return new Map(entries);
}

/** Reads name, layer, dependencies and sources of every project. */
function readProjects(root) {
  return ['apps', 'libs', 'tools']
    .filter((group) => existsSync(join(root, group)))
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .filter((directory) => existsSync(join(directory, 'package.json')))
    .map((directory) => readProject(root, directory));
}

function readProject(root, directory) {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const tag = manifest.nx?.tags?.find((name) => name.startsWith('layer:'));
  const dependencies = facetNames(manifest.dependencies);
  return {
    name: manifest.name,
    path: relative(root, directory),
    layer: tag?.slice('layer:'.length),
    dependencies,
    exports: manifest.exports ?? {},
    declared: new Set([...dependencies, ...facetNames(manifest.devDependencies)]),
    files: sourceFiles(join(directory, 'src')).map((path) => readSource(root, path)),
  };
}

function facetNames(dependencies = {}) {
  return Object.keys(dependencies).filter((name) => name.startsWith('@facet/'));
}

/** Sources below a folder; generated code is left out. */
function sourceFiles(directory) {
  if (!existsSync(directory) || !statSync(directory).isDirectory()) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory())
      return entry.name === 'gen' || entry.name === 'node_modules' ? [] : sourceFiles(path);
    return /\.(ts|mts|cts|mjs|js)$/.test(entry.name) ? [path] : [];
  });
}

function readSource(root, path) {
  const text = readFileSync(path, 'utf8');
  return { path: relative(root, path), lines: countLines(text), imports: findImports(text) };
}

function countLines(text) {
  return text === '' ? 0 : text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/**
 * Matches comments, then `from '…'`, `import '…'`, `import('…')`, `require('…')` and `require.resolve('…')`, then other texts:
 * what stands in a comment or in a text is no import, and `'src/*'` opens no comment.
 */
const IMPORT =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire(?:\.resolve)?\s*\(\s*|\bresolve\s*\(\s*)(['"])([^'"\n]+)\1|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;

/** Finds the module names that a source imports, comments aside. */
export function findImports(text) {
  const names = [...text.matchAll(IMPORT)].map((match) => match[2]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

function checkLayer({ name, layer, path }) {
  if (layer in LAYERS) return [];
  return [
    `${path}: ${name} has ${layer === undefined ? 'no layer tag' : `an unknown layer, ${layer}`}; use layer:${Object.keys(LAYERS).join('|')}`,
  ];
}

function checkImports(project, byName) {
  return project.files.flatMap(({ path, imports }) =>
    imports.flatMap((specifier) => {
      if (specifier.startsWith('.')) return leavesProject(project, path, specifier);
      return specifier.startsWith('@facet/') ? checkImport(project, byName, { path, specifier }) : [];
    }),
  );
}

function checkImport(project, byName, { path, specifier }) {
  const name = specifier.split('/').slice(0, 2).join('/');
  const target = byName.get(name);
  if (target === undefined) return [`${path}: imports ${specifier}, which is no project`];
  const problems = [];
  if (specifier !== name && !isPublicPath(target, specifier.slice(name.length), path)) {
    problems.push(`${path}: imports ${specifier} past the index of ${name}`);
  }
  if (name === project.name) problems.push(`${path}: imports its own package ${name}; use a relative path`);
  else if (!project.declared.has(name))
    problems.push(`${path}: imports ${name}, which ${project.path}/package.json does not declare`);
  if (name !== project.name && !mayImport(project.layer, target.layer)) {
    problems.push(`${path}: ${project.layer} must not import ${target.layer} (${name})`);
  }
  return problems;
}

/** A path that the package exports; what it exports for tests (`./testing`) is for tests only. */
function isPublicPath({ exports }, subpath, importer) {
  if (!Object.hasOwn(exports, `.${subpath}`)) return false;
  return subpath !== '/testing' || /\.spec\.\w+$|\/testing\//.test(importer);
}

function mayImport(from, to) {
  const layer = LAYERS[from];
  return layer === undefined || layer.allowed.includes(to) || (layer.self && from === to);
}

function leavesProject(project, path, specifier) {
  const target = join(path, '..', specifier);
  if (target.startsWith(`${project.path}/`) || !/^(apps|libs|tools)\//.test(target)) return [];
  return [`${path}: reaches into another project with ${specifier}; import its package`];
}

function checkUnused({ path, declared, files }) {
  const used = new Set(
    files.flatMap(({ imports }) => imports.map((name) => name.split('/').slice(0, 2).join('/'))),
  );
  return [...declared]
    .filter((name) => !used.has(name))
    .map((name) => `${path}/package.json: declares ${name}, which no source imports`);
}

function checkFileSizes({ files }) {
  return files
    .filter(({ lines }) => lines > MAX_FILE_LINES)
    .map(({ path, lines }) => `${path}: has ${lines} lines, more than ${MAX_FILE_LINES}; split it`);
}

/** Finds cycles among the declared dependencies, each named once. */
function findCycles(projects) {
  const byName = new Map(projects.map((project) => [project.name, project]));
  const finished = new Set();
  const cycles = [];
  const visit = (name, trail) => {
    const start = trail.indexOf(name);
    if (start >= 0)
      cycles.push(`packages depend on each other in a cycle: ${[...trail.slice(start), name].join(' → ')}`);
    if (start >= 0 || finished.has(name)) return;
    for (const dependency of byName.get(name)?.dependencies ?? []) visit(dependency, [...trail, name]);
    finished.add(name);
  };
  for (const { name } of projects) visit(name, []);
  return cycles;
}
