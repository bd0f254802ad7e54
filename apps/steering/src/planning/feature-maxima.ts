import { FacetError, type FacetErrorKind, isFacetError } from '@facet/errors';
import { type FeatureRef, formatFeatureName, type Logger } from '@facet/mesh';
import { maximumUse } from '../edits/edit-strength.ts';
import type { FeatureEdit } from '../edits/feature-edit.ts';
import { MAXIMA_IN_FLIGHT, OPTIONAL_MAXIMUM_DEADLINE_MS } from '../limits.ts';
import type { Peers } from '../peers.ts';
import type { SaeDirections } from './sae-directions.ts';
import type { SteeringQuestion } from './steering-question.ts';

export interface MaximaSource {
  features: Peers['features'];
  /** The SAEs of the edits: a maximum counts only where the index was made of the same weights. */
  saes: readonly SaeDirections[];
  logger: Logger;
  signal: AbortSignal;
}

/**
 * Fetches the indexed maximum of every edit that uses it, in the order of the edits; undefined where it is not used, not
 * known, or 0 (never fired). `clamp_to_max` cannot do without: `precondition` says how to index the SAE, LINEAGE_MISMATCH
 * that the index was made of another one. Where it only serves the strength limit, such an index counts as not known, and one that
 * does not answer is logged.
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
  switch (maximumUse(mode)) {
    case 'none':
      return undefined;
    case 'required':
      return requiredMaximum(feature, field, source);
    case 'for-limit':
      return optionalMaximum(feature, source);
  }
}

async function requiredMaximum(
  feature: FeatureRef,
  field: string,
  source: MaximaSource,
): Promise<number | undefined> {
  try {
    return await ask(feature, source);
  } catch (error) {
    if (!isFacetError(error) || !NOT_INDEXED.has(error.kind) || error.reason === 'LINEAGE_MISMATCH')
      throw error;
    throw new FacetError(
      'precondition',
      `clamp_to_max needs the largest activation of ${formatFeatureName(feature)}, but the SAE is not indexed; index it first ` +
        '(`facet index`), or use clamp with a value',
      { cause: error, field: `${field}.clamp_to_max`, reason: 'FEATURE_NOT_INDEXED' },
    );
  }
}

async function optionalMaximum(feature: FeatureRef, source: MaximaSource): Promise<number | undefined> {
  try {
    return await ask(feature, source, OPTIONAL_MAXIMUM_DEADLINE_MS);
  } catch (error) {
    if (isFacetError(error) && NOT_INDEXED.has(error.kind)) return undefined;
    if (!isFacetError(error) || error.kind !== 'unavailable') throw error;
    source.logger.warn(
      { feature: formatFeatureName(feature), err: error },
      'the strength is limited without the indexed maximum',
    );
    return undefined;
  }
}

/** What features answers where it knows nothing of a feature. */
const NOT_INDEXED: ReadonlySet<FacetErrorKind> = new Set(['precondition', 'not-found']);

async function ask(
  ref: FeatureRef,
  { features, saes, signal }: MaximaSource,
  deadlineMs?: number,
): Promise<number | undefined> {
  const deadline = deadlineMs === undefined ? {} : { deadlineMs };
  const name = formatFeatureName(ref);
  const { feature } = await features.getFeature({ name }, { signal, ...deadline });
  const indexed = feature?.saeSha256 ?? '';
  const steered = saes.find(({ saeId }) => saeId === ref.saeId)!.lineage.saeSha256;
  if (indexed !== steered) throw madeOfAnother(ref.saeId, indexed, steered);
  const maximum = feature?.maxActivation ?? 0;
  return maximum > 0 ? maximum : undefined;
}

function madeOfAnother(saeId: string, indexed: string, steered: string): FacetError {
  const message =
    `the index of saes/${saeId} was made of weights ${indexed.slice(0, 12) || '(unknown)'}, but those that would be steered are ` +
    `${steered.slice(0, 12)}; index it again (\`facet index\`)`;
  return new FacetError('precondition', message, { reason: 'LINEAGE_MISMATCH' });
}
