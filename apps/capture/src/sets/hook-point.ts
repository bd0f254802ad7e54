import { FacetError, quote } from '@facet/errors';

/** Finds a hook point by name; `invalid` names the nearest one. */
export function findHookPoint<T extends { name: string }>(
  hookPoints: readonly T[],
  name: string,
  model: string,
): T {
  const found = hookPoints.find((hookPoint) => hookPoint.name === name);
  if (found) return found;
  const nearest = hookPoints
    .map((hookPoint) => ({
      name: hookPoint.name,
      distance: editDistance(name.slice(0, MAX_NAME_CHARS), hookPoint.name),
    }))
    .reduce((best, one) => (one.distance < best.distance ? one : best), {
      name: '',
      distance: Number.POSITIVE_INFINITY,
    });
  throw new FacetError(
    'invalid',
    `${model} has no hook point ${quote(name)}; did you mean ${nearest.name}?`,
    {
      reason: 'UNKNOWN_HOOK_POINT',
      field: 'spec.hook_point',
      metadata: { nearest: nearest.name },
    },
  );
}

/** Longer names are cut before they are compared. */
const MAX_NAME_CHARS = 100;

/** Levenshtein's distance: insertions, deletions and replacements that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
