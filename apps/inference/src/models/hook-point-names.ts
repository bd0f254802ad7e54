import { FacetError, isFacetError } from '@facet/errors';
import { type HookPoint, resolveHookPoint } from '@facet/transformer';
import type { LoadedModel } from './loaded-model.ts';

/** Finds the model's hook point called `name`; an unknown name is `invalid` for `field` and the nearest is named. */
export function hookPointOf({ runtime }: LoadedModel, name: string, field: string): HookPoint {
  return inField(field, () => resolveHookPoint(runtime.spec, name));
}

/** Says that what `find` refuses is about the request's `field`. */
export function inField<T>(field: string, find: () => T): T {
  try {
    return find();
  } catch (cause) {
    if (!isFacetError(cause)) throw cause;
    const { kind, message, reason, metadata } = cause;
    throw new FacetError(kind, message, { cause, reason, metadata, field });
  }
}
