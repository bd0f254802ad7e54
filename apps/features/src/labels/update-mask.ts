import { FacetError, quote } from '@facet/errors';
import type { LabelChange } from './label-store.ts';

/** Picks the fields that an update mask names; refuses an empty mask and fields that cannot be changed. */
export function labelChange(
  feature: { label: string; description: string },
  mask: readonly string[],
): LabelChange {
  const change: LabelChange = {};
  for (const path of mask) {
    if (path === 'label') change.label = feature.label;
    else if (path === 'description') change.description = feature.description;
    else
      throw new FacetError(
        'invalid',
        `${quote(path)} cannot be changed; update_mask takes label and description`,
        {
          field: 'update_mask',
        },
      );
  }
  if (mask.length > 0) return change;
  throw new FacetError('invalid', 'update_mask is empty; name label, description or both', {
    field: 'update_mask',
  });
}
