import { posix } from 'node:path';

/**
 * Finds import circles among files ({ path, imports }, paths from the root with slashes), types included: a file that imports
 * itself by way of others, or directly. `entries` maps what packages export (`@facet/sae`) to its source. Names the shortest
 * circles, no file in two of them; what hangs together in larger knots shows when these are cut.
 */
export function findImportCircles(files, entries) {
  const graph = knotsOf(importGraph(files, entries));
  const named = new Set();
  return [...graph.keys()]
    .map((file) => circleThrough(file, graph))
    .filter((circle) => circle !== undefined)
    .sort((a, b) => a.length - b.length)
    .filter((circle) => {
      const isNew = !circle.some((file) => named.has(file));
      if (isNew) for (const file of circle) named.add(file);
      return isNew;
    })
    .map(
      (circle) =>
        `${circle[0]}: stands in an import circle, types included: ${[...circle, circle[0]].join(' → ')}; ` +
        'move what both need into the lower of them',
    );
}

/** Maps every file to the files that it imports, in the order of their paths. */
function importGraph(files, entries) {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const known = new Set(sorted.map(({ path }) => path));
  const targetsOf = ({ path, imports }) =>
    imports
      .map((specifier) =>
        specifier.startsWith('.') ? resolve(path, specifier, known) : entries.get(specifier),
      )
      .filter((target) => known.has(target));
  return new Map(sorted.map((file) => [file.path, [...new Set(targetsOf(file))]]));
}

/** Resolves a relative import as TypeScript does: a file, one without its ending or with that of its output, an index. */
function resolve(path, specifier, known) {
  const target = posix.join(posix.dirname(path), specifier).replace(/\/$/, '');
  const source = target.replace(/\.([mc]?)js$/, '.$1ts');
  return [target, source, `${target}.ts`, `${target}/index.ts`].find((candidate) => known.has(candidate));
}

/** Leaves out, again and again, files that import nothing that is left: no circle goes through them. */
function knotsOf(graph) {
  const left = new Map(graph);
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const [file, targets] of left) if (!targets.some((target) => left.has(target))) left.delete(file);
  }
  return left;
}

/** A shortest circle through a file, which it begins with; undefined where there is none. */
function circleThrough(start, graph) {
  const importers = new Map();
  const queue = [start];
  for (const file of queue)
    for (const target of graph.get(file) ?? []) {
      if (target === start) return wayTo(file, importers);
      if (importers.has(target)) continue;
      importers.set(target, file);
      queue.push(target);
    }
  return undefined;
}

/** The files from where a search began to `file`. */
function wayTo(file, importers) {
  const way = [file];
  for (let at = importers.get(file); at !== undefined; at = importers.get(at)) way.unshift(at);
  return way;
}
