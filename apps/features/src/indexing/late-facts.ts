import { type ActivationSet, decideSaeFacts, type SaeFacts, type StoredSae } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import { type ObjectStore, requireSameLineage } from '@facet/objects';

/** What an activation set tells of an SAE that came without it. */
export type LateFacts = Pick<SaeFacts, 'model' | 'threshold'>;

/** The model of the set, where the SAE is bound to none. */
export function modelOf({ manifest }: StoredSae, set: ActivationSet): SaeFacts['model'] {
  if (manifest.lineage.modelSha256 !== '') return undefined;
  const { modelId, modelSha256, tokenizerSha256 } = set.manifest.lineage;
  return { modelId, modelSha256, tokenizerSha256 };
}

export interface Settlement {
  sae: StoredSae;
  set: ActivationSet;
  facts: LateFacts;
  /** Milliseconds since 1970. */
  now: number;
}

/**
 * Writes what became known of an SAE, once: of several runs the first counts. Returns what this set made known
 * as sentences, also when it is indexed again. Throws LINEAGE_MISMATCH where another run has bound it to another model.
 */
export async function settleFacts(
  store: ObjectStore,
  { sae, set, facts, now }: Settlement,
): Promise<string[]> {
  const { model, threshold } = facts;
  if (model === undefined && threshold === undefined)
    return sae.facts?.activationSetSha256 === set.sha256 ? sentences(`saes/${sae.id}`, sae.facts) : [];
  const time = new Date(now).toISOString();
  const found = { formatVersion: 1, time, activationSetId: set.id, activationSetSha256: set.sha256 } as const;
  const held = await decideSaeFacts(store, sae, { ...found, ...facts });
  requireHeld(sae, { set, facts, held });
  return sentences(`saes/${sae.id}`, held);
}

function requireHeld(
  { id, manifest: { lineage } }: StoredSae,
  { set, facts, held }: { set: ActivationSet; facts: LateFacts; held: SaeFacts },
): void {
  if (facts.model && held.model) {
    const what = `saes/${id}, which activationSets/${held.activationSetId} has bound meanwhile, and activationSets/${set.id}`;
    const fields = ['modelSha256', 'tokenizerSha256'] as const;
    requireSameLineage({ ...lineage, ...held.model }, { ...lineage, ...facts.model }, fields, what);
  }
  if (facts.threshold?.value === held.threshold?.value) return;
  const message = `the threshold of saes/${id} was calibrated by another run meanwhile; it is indexed again`;
  throw new FacetError('aborted', message, { reason: 'THRESHOLD_CALIBRATED' });
}

function sentences(name: string, { model, threshold, activationSetId }: SaeFacts): string[] {
  const by = `activationSets/${activationSetId}`;
  const said: string[] = [];
  if (model) {
    const weights = model.modelSha256.slice(0, 12);
    said.push(
      `${name} came without a model; it is bound to models/${model.modelId} (weights ${weights}) by ${by}`,
    );
  }
  if (threshold) {
    const { value, rows } = threshold;
    said.push(`${name} came without a threshold; ${value} was calibrated on ${rows} rows of ${by}`);
  }
  return said;
}
