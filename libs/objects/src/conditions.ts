import { FacetError } from '@facet/errors';
import type { Condition } from './store.ts';
import { type Standing, standingAt } from './succession.ts';

/**
 * Returns what stands at an object's path, if the condition allows to replace it: else `exists` for `ifAbsent`, `aborted`
 * for `ifMatch`.
 */
export async function requireCondition(
  path: string,
  key: string,
  { ifAbsent = false, ifMatch }: Condition,
): Promise<Standing | undefined> {
  if (ifAbsent && ifMatch !== undefined)
    throw new FacetError('invalid', `${key}: a write has ifAbsent or ifMatch, not both`);
  const standing = await standingAt(path);
  if (ifAbsent && standing?.isObject) throw alreadyThere(key);
  if (ifMatch === undefined || (standing?.isObject && standing.version === ifMatch)) return standing;
  const now = standing?.isObject ? `has version ${standing.version}` : 'does not exist';
  throw new FacetError('aborted', `${key} was changed meanwhile: it ${now}, not version ${ifMatch}`, {
    reason: 'VERSION_MISMATCH',
  });
}

function alreadyThere(key: string): FacetError {
  return new FacetError('exists', `${key} exists already`, { reason: 'OBJECT_EXISTS' });
}
