import { FacetError, type FacetErrorKind, isFacetError } from '@facet/errors';
import { formatFeatureName, type Logger } from '@facet/mesh';
import { maximumUse } from './edit-strength.ts';
import type { FeatureEdit } from './feature-edit.ts';
import { MAXIMA_IN_FLIGHT, OPTIONAL_MAXIMUM_DEADLINE_MS } from './limits.ts';
import type { Peers } from './peers.ts';
import type { SteeringQuestion } from './steering-question.ts';

export interface MaximaSource {
  features: Peers['features'];
  logger: Logger;
  signal: AbortSignal;
}

/**
 * Fetches the indexed maximum of every edit that uses it, in the order of the edits; undefined where it is not used, not
 * known, or 0 (never fired). `clamp_to_max` cannot do without: `precondition` says how to index the SAE. Where it only
 * serves the strength limit, an index that does not answer is logged and counts as not known.
 */
export async function fetchMaxima(
  { edits, fieldOf }: Pick<SteeringQuestion, 'edits' | 'fieldOf'>,
  source: MaximaSource,
): Promise<(number | undefined)[]> {
  const maxima: (number | undefined)[] = edits.map(() => undefined);
  const waiting = edits.entries();
  const work = async () => {
    for (const [index, edit] of waiting) maxima[index] = await fetchMaximum(edit, fieldOf(index), source);
  };
  await Promise.all(Array.from({ length: Math.min(MAXIMA_IN_FLIGHT, edits.length) }, work));
  return maxima;
}

async function fetchMaximum(
  { feature, mode }: FeatureEdit,
  field: string,
  source: MaximaSource,
): Promise<number | undefined> {
  const name = formatFeatureName(feature);
  switch (maximumUse(mode)) {
    case 'none':
      return undefined;
    case 'required':
      return requiredMaximum(name, field, source);
    case 'for-limit':
      return optionalMaximum(name, source);
  }
}

async function requiredMaximum(
  name: string,
  field: string,
  source: MaximaSource,
): Promise<number | undefined> {
  try {
    return await ask(name, source);
  } catch (error) {
    if (!isFacetError(error) || !NOT_INDEXED.has(error.kind)) throw error;
    throw new FacetError(
      'precondition',
      `clamp_to_max needs the largest activation of ${name}, but the SAE is not indexed; index it first ` +
        '(`facet index`), or use clamp with a value',
      { cause: error, field: `${field}.clamp_to_max`, reason: 'FEATURE_NOT_INDEXED' },
    );
  }
}

async function optionalMaximum(name: string, source: MaximaSource): Promise<number | undefined> {
  try {
    return await ask(name, source, OPTIONAL_MAXIMUM_DEADLINE_MS);
  } catch (error) {
    if (isFacetError(error) && NOT_INDEXED.has(error.kind)) return undefined;
    if (!isFacetError(error) || error.kind !== 'unavailable') throw error;
    source.logger.warn({ feature: name, err: error }, 'the strength is limited without the indexed maximum');
    return undefined;
  }
}

/** What features answers where it knows nothing of a feature. */
const NOT_INDEXED: ReadonlySet<FacetErrorKind> = new Set(['precondition', 'not-found']);

async function ask(
  name: string,
  { features, signal }: MaximaSource,
  deadlineMs?: number,
): Promise<number | undefined> {
  const deadline = deadlineMs === undefined ? {} : { deadlineMs };
  const { feature } = await features.getFeature({ name }, { signal, ...deadline });
  const maximum = feature?.maxActivation ?? 0;
  return maximum > 0 ? maximum : undefined;
}
