import { EditScope, type FeatureEdit } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { formatFeatureName, parseFeatureName } from '@facet/mesh';
import { parseSteerMode, type SteerMode } from './steer-mode.ts';

/** The positions that `--scope` can name. */
export const SCOPES = {
  all: EditScope.ALL,
  prompt: EditScope.PROMPT,
  generated: EditScope.GENERATED,
} as const;

export type ScopeName = keyof typeof SCOPES;

/** Reads `saes/x/features/12=clamp_to_max:10`. */
export function parseEdit(text: string, scope: ScopeName = 'all'): FeatureEdit {
  const at = text.indexOf('=');
  if (at < 0) {
    throw new FacetError(
      'invalid',
      `--edit ${JSON.stringify(text)} has no "="; write saes/{id}/features/{index}=mode:value`,
    );
  }
  const feature = formatFeatureName(parseFeatureName(text.slice(0, at).trim(), '--edit'));
  return createEdit(feature, parseSteerMode(text.slice(at + 1).trim()), scope);
}

/** Makes the edit of one feature over a scope. */
export function createEdit(feature: string, mode: SteerMode, scope: ScopeName = 'all'): FeatureEdit {
  return {
    feature,
    mode,
    scope: SCOPES[scope],
    span: undefined,
    includeSpecialTokens: false,
    condition: undefined,
  };
}
