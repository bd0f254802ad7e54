import { FacetError } from '@facet/errors';
import { formatFeatureName } from '@facet/mesh';
import { MAX_STRENGTH_OVER_MAXIMUM, MAX_UNINDEXED_STRENGTH } from '../limits.ts';
import type { EditMode, FeatureEdit, ValuedModeKind } from './feature-edit.ts';

/** f' = scale · f + offset. */
export interface AffineRule {
  scale: number;
  offset: number;
}

/** How much an edit wants to know the feature's indexed maximum. */
export type MaximumUse = 'required' | 'for-limit' | 'none';

/** Tells whether an edit needs the feature's indexed maximum: to compute f', or only to refuse absurd strengths. */
export function maximumUse({ kind }: EditMode): MaximumUse {
  if (kind === 'clamp_to_max') return 'required';
  return kind === 'ablate' || kind === 'scale' ? 'none' : 'for-limit';
}

/**
 * Computes the affine rule of an edit: clamp(v) and clamp_if_active(v) → (0, v), clamp_to_max(m) → (0, m · maximum),
 * scale(s) → (s, 0), ablate → (0, 0), add(c) → (1, c). `maximum` is the feature's largest indexed activation,
 * undefined where it is not indexed or never fired. Throws `invalid` for absurd strengths.
 */
export function affineRule(edit: FeatureEdit, maximum: number | undefined, field: string): AffineRule {
  const { mode } = edit;
  if (mode.kind === 'ablate') return { scale: 0, offset: 0 };
  requireUsable(edit, { kind: mode.kind, value: mode.value, maximum, field: `${field}.${mode.kind}` });
  switch (mode.kind) {
    case 'clamp':
    case 'clamp_if_active':
      return { scale: 0, offset: mode.value };
    case 'clamp_to_max':
      return { scale: 0, offset: mode.value * requireMaximum(edit, maximum, field) };
    case 'scale':
      return { scale: mode.value, offset: 0 };
    case 'add':
      return { scale: 1, offset: mode.value };
  }
}

interface Strength {
  kind: ValuedModeKind;
  value: number;
  maximum: number | undefined;
  field: string;
}

function requireUsable({ feature }: FeatureEdit, { kind, value, maximum, field }: Strength): void {
  const { limit, why } = limitOf(formatFeatureName(feature), kind, maximum);
  if (Math.abs(value) <= limit) return;
  throw new FacetError('invalid', `${field}: ${value} is absurdly strong; stay within ±${limit}, ${why}`, {
    field,
    reason: 'STRENGTH_OUT_OF_RANGE',
  });
}

function limitOf(
  name: string,
  kind: ValuedModeKind,
  maximum: number | undefined,
): { limit: number; why: string } {
  if (kind === 'scale' || kind === 'clamp_to_max')
    return { limit: MAX_STRENGTH_OVER_MAXIMUM, why: 'the largest factor' };
  if (maximum === undefined)
    return {
      limit: MAX_UNINDEXED_STRENGTH,
      why: `the limit where, as for ${name}, no indexed maximum is known`,
    };
  return {
    limit: MAX_STRENGTH_OVER_MAXIMUM * maximum,
    why: `${MAX_STRENGTH_OVER_MAXIMUM} times the indexed maximum ${maximum} of ${name}`,
  };
}

function requireMaximum({ feature }: FeatureEdit, maximum: number | undefined, field: string): number {
  if (maximum !== undefined) return maximum;
  throw new FacetError(
    'precondition',
    `${formatFeatureName(feature)} never fired in its index, so it has no maximum to clamp to; use clamp`,
    { field: `${field}.clamp_to_max`, reason: 'FEATURE_NEVER_FIRED' },
  );
}
