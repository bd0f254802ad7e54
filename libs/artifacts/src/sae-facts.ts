import { createDocuments, type DocumentKind, type Lineage, type ObjectStore } from '@facet/objects';
import { lacksThreshold, type Sae, withThreshold } from '@facet/sae';
import { z } from 'zod';

/**
 * What became known of a published SAE by the first activation set that it was indexed with. It lies beside the SAE's files, is
 * written once, and is no part of their hashes.
 */
export interface SaeFacts {
  formatVersion: 1;
  /** RFC 3339, UTC. */
  time: string;
  activationSetId: string;
  activationSetSha256: string;
  /** The model that it reads, where its manifest names none by hash. */
  model?: { modelId: string; modelSha256: string; tokenizerSha256: string } | undefined;
  /** The activation above which a feature fires, where it came without one, and the rows it was calibrated on. */
  threshold?: { value: number; rows: number } | undefined;
}

const factsSchema: z.ZodType<SaeFacts> = z.object({
  formatVersion: z.literal(1),
  time: z.string(),
  activationSetId: z.string(),
  activationSetSha256: z.string(),
  model: z.object({ modelId: z.string(), modelSha256: z.string(), tokenizerSha256: z.string() }).optional(),
  threshold: z.object({ value: z.number(), rows: z.number().int().nonnegative() }).optional(),
});

/** The facts of the SAE whose manifest has this hash; another SAE that takes its name later has none of them. */
function factsOf(manifestSha256: string): DocumentKind<SaeFacts> {
  return { file: `facts/${manifestSha256}.json`, schema: factsSchema };
}

function documentsOf(store: ObjectStore) {
  return createDocuments(store, { collection: 'saes', resourceType: 'Sae' });
}

/** Reads the facts of an SAE; undefined where nothing became known later. */
export function findSaeFacts(
  store: ObjectStore,
  id: string,
  manifestSha256: string,
): Promise<SaeFacts | undefined> {
  return documentsOf(store).find(id, factsOf(manifestSha256));
}

/** Writes the facts of an SAE unless there are some, and returns those that hold: of several writers the first counts. */
export function decideSaeFacts(
  store: ObjectStore,
  { id, sha256 }: { id: string; sha256: string },
  facts: SaeFacts,
): Promise<SaeFacts> {
  return documentsOf(store).decide(id, factsOf(sha256), facts);
}

/** Removes the facts of an SAE that was deleted. */
export function removeSaeFacts(store: ObjectStore, id: string, manifestSha256: string): Promise<void> {
  return store.delete(documentsOf(store).key(id, factsOf(manifestSha256).file));
}

/** The lineage of an SAE with the model that it was bound to later. */
export function boundLineage(lineage: Lineage, facts: SaeFacts | undefined): Lineage {
  return lineage.modelSha256 === '' && facts?.model ? { ...lineage, ...facts.model } : lineage;
}

/** The SAE with the threshold that was calibrated later, where it came without one. */
export function calibratedSae(sae: Sae, facts: Pick<SaeFacts, 'threshold'> | undefined): Sae {
  const threshold = facts?.threshold;
  return threshold !== undefined && lacksThreshold(sae) ? withThreshold(sae, threshold) : sae;
}
