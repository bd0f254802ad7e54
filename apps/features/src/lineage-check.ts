import type { ActivationSet, SaeArtifact } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import { type Lineage, requireSameLineage } from '@facet/objects';

const SHARED_FIELDS = ['modelSha256', 'tokenizerSha256', 'hookPoint'] as const;

/** Refuses an SAE and an activation set that do not belong to the same model and hook point, naming the difference. */
export function requireMatching(
  { id, manifest }: Pick<SaeArtifact, 'id' | 'manifest'>,
  set: ActivationSet,
): void {
  const what = `saes/${id} and activationSets/${set.id}`;
  requireSameLineage(manifest.lineage, set.manifest.lineage, SHARED_FIELDS, what);
  const [d_in, dIn] = [manifest.body.d_in, set.manifest.body.dIn];
  if (d_in !== dIn) {
    throw new FacetError('precondition', `${what} do not belong together: d_in is ${d_in} and ${dIn}`, {
      reason: 'LINEAGE_MISMATCH',
    });
  }
}

/** The lineage of an index: that of its activation set, with the SAE and the set themselves. */
export function indexLineage(
  sae: Pick<SaeArtifact, 'id' | 'manifest' | 'sha256'>,
  set: ActivationSet,
): Lineage {
  return {
    ...set.manifest.lineage,
    normalization: sae.manifest.lineage.normalization,
    saeId: sae.id,
    saeSha256: sae.sha256,
    activationSetId: set.id,
    activationSetSha256: set.sha256,
  };
}
