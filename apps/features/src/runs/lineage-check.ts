import type { ActivationSet, StoredSae } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import type { IndexInfo } from '@facet/feature-index';
import { type Lineage, requireSameLineage } from '@facet/objects';
import type { RunRecord } from './run-record.ts';

/**
 * Refuses an SAE and an activation set that do not belong to the same model and hook point, naming the difference. An SAE that is bound
 * to no model yet goes with any model of the name that it was imported for.
 */
export function requireMatching(
  { id, manifest }: Pick<StoredSae, 'id' | 'manifest'>,
  set: ActivationSet,
): void {
  const what = `saes/${id} and activationSets/${set.id}`;
  requireSameLineage(manifest.lineage, set.manifest.lineage, sharedFields(manifest.lineage), what);
  const [d_in, dIn] = [manifest.body.d_in, set.manifest.body.dIn];
  if (d_in !== dIn) throw mismatch(`${what} do not belong together: d_in is ${d_in} and ${dIn}`);
}

function sharedFields({ modelId, modelSha256 }: Lineage): (keyof Lineage)[] {
  if (modelSha256 !== '') return ['modelSha256', 'tokenizerSha256', 'hookPoint'];
  return modelId === '' ? ['hookPoint'] : ['modelId', 'hookPoint'];
}

/** Refuses an index of the same weights that was made where they were read before: at another hook point, or of another model. */
export function requireIndexedThere(
  { id, manifest }: Pick<StoredSae, 'id' | 'manifest'>,
  { lineage: indexed }: Pick<IndexInfo, 'lineage'>,
): void {
  const { lineage } = manifest;
  // Indexes say of themselves what their activation set said.
  const isSame = (field: keyof Lineage) => indexed[field] === undefined || indexed[field] === lineage[field];
  if (sharedFields(lineage).every(isSame)) return;
  throw mismatch(
    `the index of saes/${id} was made at ${placeOf(indexed)}, but the SAE that stands under this name now reads ` +
      `${placeOf(lineage)}; index it again (facet index)`,
  );
}

function placeOf({ modelId, modelSha256, hookPoint = 'an unknown hook point' }: Partial<Lineage>): string {
  const weights = modelSha256 ? ` (weights ${modelSha256.slice(0, 12)})` : '';
  return `${hookPoint} of ${modelId ? `models/${modelId}` : 'a model that is not known'}${weights}`;
}

/** The lineage of an index: that of its activation set, with the SAE and the set themselves. */
export function indexLineage(
  sae: Pick<StoredSae, 'id' | 'manifest' | 'identity'>,
  set: ActivationSet,
): Lineage {
  return {
    ...set.manifest.lineage,
    normalization: sae.manifest.lineage.normalization,
    saeId: sae.id,
    saeSha256: sae.identity.sha256,
    activationSetId: set.id,
    activationSetSha256: set.sha256,
  };
}

/** Refuses an SAE or a set that took its name after the run was created. */
export function requireAsPlanned(
  { id, lineage }: RunRecord,
  sae: Pick<StoredSae, 'id' | 'identity'>,
  set: ActivationSet,
): void {
  const { sha256, manifestSha256 } = sae.identity;
  // Runs from before indexes named the weights name the manifest.
  const isSame = lineage.saeSha256 === sha256 || lineage.saeSha256 === manifestSha256;
  if (!isSame) throw replaced(`saes/${sae.id}`, id);
  if (lineage.activationSetSha256 !== set.sha256) throw replaced(`activationSets/${set.id}`, id);
}

/** The refusal of what was deleted or replaced while a run was to index it. */
export function replaced(name: string, run: string): FacetError {
  return mismatch(`${name} was deleted or replaced after indexingRuns/${run} was created; index it again`);
}

function mismatch(message: string): FacetError {
  return new FacetError('precondition', message, { reason: 'LINEAGE_MISMATCH' });
}
