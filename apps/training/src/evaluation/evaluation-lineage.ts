import type { ActivationSet, SaeArtifact } from '@facet/artifacts';
import type { Model } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { type Lineage, requireSameLineage } from '@facet/objects';
import { SAELENS_WEIGHTS_FILE } from '@facet/sae';

/**
 * Refuses an SAE and a set that do not belong together; an SAE that is bound to no weights yet must name the set's model, where it
 * names one.
 */
export function requireSameOrigin({ id, manifest }: SaeArtifact, set: ActivationSet): void {
  const what = `saes/${id} and activationSets/${set.id}`;
  const hashes = ['modelSha256', 'tokenizerSha256'] as const;
  const known = hashes.filter((field) => manifest.lineage[field] !== '');
  const named = manifest.lineage.modelId === '' ? [] : (['modelId'] as const);
  const fields = [...(known.length > 0 ? known : named), 'hookPoint'] as const;
  requireSameLineage(manifest.lineage, set.manifest.lineage, fields, what);
  const [d_in, dIn] = [manifest.body.d_in, set.manifest.body.dIn];
  if (d_in !== dIn) throw mismatch(`${what} do not belong together: d_in is ${d_in} and ${dIn}`);
}

/** Refuses a model that is not the one whose activations the set holds, or cannot run its contexts. */
export function requireServedModel(
  { id, manifest }: ActivationSet,
  { name, lineage, hookPoints, nCtx }: Model,
): void {
  const served: Lineage = {
    modelId: manifest.lineage.modelId,
    modelSha256: lineage?.modelSha256 ?? '',
    tokenizerSha256: lineage?.tokenizerSha256 ?? '',
  };
  const what = `activationSets/${id} and ${name}, as inference holds it,`;
  requireSameLineage(manifest.lineage, served, ['modelSha256', 'tokenizerSha256'], what);
  const { hookPoint, dIn, contextTokens } = manifest.body;
  const found = hookPoints.find((point) => point.name === hookPoint);
  if (found?.dIn !== dIn)
    throw mismatch(
      `activationSets/${id} has rows of width ${dIn} at ${hookPoint}; ${name} has width ${found?.dIn ?? 0}`,
    );
  if (contextTokens > nCtx)
    throw mismatch(
      `activationSets/${id} has contexts of ${contextTokens} tokens; ${name} takes up to ${nCtx}`,
    );
}

/** Where an evaluation comes from, with the hash of the SAE's weights file. */
export function evaluationLineage({ id, manifest }: SaeArtifact, set: ActivationSet): Lineage {
  return {
    ...set.manifest.lineage,
    normalization: manifest.lineage.normalization,
    saeId: id,
    saeSha256: manifest.files[SAELENS_WEIGHTS_FILE]?.sha256,
    activationSetId: set.id,
    activationSetSha256: set.sha256,
  };
}

function mismatch(message: string): FacetError {
  return new FacetError('precondition', message, { reason: 'LINEAGE_MISMATCH' });
}
