import { FacetError, isFacetError } from '@facet/errors';
import {
  filesPrefix,
  type Lineage,
  MANIFEST_FILE,
  type Manifest,
  type ManifestFile,
  type ObjectStore,
  readManifest,
  type StoredManifest,
  verifyFiles,
} from '@facet/objects';
import {
  parseSaelensConfig,
  readSaelens,
  SAELENS_CONFIG_FILE,
  SAELENS_SPARSITY_FILE,
  SAELENS_WEIGHTS_FILE,
  type Sae,
  type SaeConfig,
  writeSaelens,
  writeSaelensSparsity,
} from '@facet/sae';
import { z } from 'zod';
import { saePrefix } from './layout.ts';
import { boundLineage, calibratedSae, findSaeFacts, removeSaeFacts, type SaeFacts } from './sae-facts.ts';
import type { SaeIdentity } from './sae-identity.ts';
import { type ArtifactFiles, publishArtifact, removeArtifact } from './staged-artifact.ts';

/** The manifest kind of an SAE. */
export const SAE_KIND = 'sae';
/** How often an SAE is opened anew because it was replaced while it was read. */
const MAX_OPEN_ATTEMPTS = 5;

/** What is known of an SAE besides its weights. */
export interface SaeBody {
  architecture: string;
  d_in: number;
  d_sae: number;
  /** Features kept per row, for topk; on average, for batchtopk and matryoshka. */
  k?: number | undefined;
  /** Metrics at publication, by name: l0, fvu, dead_fraction, ... */
  metrics: Record<string, number>;
  /** Resource name of the run that trained it. */
  trainingRun?: string | undefined;
  /** Tells that run from another one of its name. */
  trainingRunUid?: string | undefined;
  /** The whole evaluation at publication, as the run's outcome has it. */
  evaluation?: Record<string, unknown> | undefined;
  /** Where it was imported from. */
  source?: SaeSource | undefined;
}

/** Where an imported SAE comes from. */
export interface SaeSource {
  /** Format that it was read in, e.g. `sparsify`. */
  format: string;
  /** The files that were read, by name. */
  files: Record<string, ManifestFile>;
  /** What was converted, a sentence each. */
  conversions: string[];
}

/** What a writer tells of an SAE. */
export interface SaeDetails {
  /** RFC 3339, UTC. */
  createTime: string;
  lineage: Lineage;
  metrics: Record<string, number>;
  /** log10 of every feature's firing frequency [d_sae]. */
  sparsity?: Float32Array | undefined;
  trainingRun?: string | undefined;
  trainingRunUid?: string | undefined;
  evaluation?: Record<string, unknown> | undefined;
  source?: SaeSource | undefined;
  /** Further files that are published with it. */
  extras?: ArtifactFiles | undefined;
}

/** What the object store holds of an SAE besides its weights; its lineage names the model that it was bound to later, too. */
export interface StoredSae extends StoredManifest<SaeBody> {
  id: string;
  /** Which SAE it is, for everything that is derived from it. */
  identity: SaeIdentity;
  /** What became known of it after it was published. */
  facts: SaeFacts | undefined;
  /** Differs from every other state of this and any other SAE of its name. */
  revision: string;
}

/** An SAE with its manifest; with the threshold that was calibrated later, too. */
export interface SaeArtifact extends StoredSae {
  sae: Sae;
}

const bodySchema: z.ZodType<SaeBody> = z.object({
  architecture: z.string(),
  d_in: z.number().int().positive(),
  d_sae: z.number().int().positive(),
  k: z.number().positive().optional(),
  metrics: z.record(z.string(), z.number()),
  trainingRun: z.string().optional(),
  trainingRunUid: z.string().optional(),
  evaluation: z.record(z.string(), z.unknown()).optional(),
  source: z
    .object({
      format: z.string(),
      files: z.record(z.string(), z.object({ bytes: z.number().int().nonnegative(), sha256: z.string() })),
      conversions: z.array(z.string()),
    })
    .optional(),
});

/**
 * Publishes an SAE in SAELens's format; of many that publish one id at once one wins, the others get `exists` and leave
 * nothing. What a write that fails (a full disk) has left is removed.
 */
export async function writeSaeArtifact(
  store: ObjectStore,
  id: string,
  sae: Sae,
  details: SaeDetails,
): Promise<StoredManifest<SaeBody>> {
  const prefix = saePrefix(id);
  if (await store.exists(`${prefix}/${MANIFEST_FILE}`)) throw taken(id);
  const { createTime, lineage, sparsity, extras, ...known } = details;
  const { cfg, weights } = writeSaelens(sae);
  const { architecture, d_in, d_sae, k } = sae.cfg;
  const body: SaeBody = { architecture, d_in, d_sae, k, ...known };
  const files = {
    [SAELENS_CONFIG_FILE]: Buffer.from(cfg),
    [SAELENS_WEIGHTS_FILE]: weights,
    ...(sparsity && { [SAELENS_SPARSITY_FILE]: writeSaelensSparsity(sparsity) }),
    ...extras,
  };
  const described = { kind: SAE_KIND, createTime, lineage, body };
  try {
    return await publishArtifact(store, prefix, { ...described, files, condition: { ifAbsent: true } });
  } catch (error) {
    if (isFacetError(error) && error.kind === 'exists') throw taken(id);
    throw error;
  }
}

/** Where the files of an SAE lie. */
export function saeFilesPrefix(id: string, manifest: Pick<Manifest<SaeBody>, 'folder'>): string {
  return filesPrefix(saePrefix(id), manifest);
}

/**
 * Removes the SAE that was read; `aborted` where it was deleted or replaced meanwhile. The files of another one that is
 * being published under its id stay.
 */
export async function removeSaeArtifact(
  store: ObjectStore,
  id: string,
  stored: StoredManifest<SaeBody>,
): Promise<void> {
  await removeArtifact(store, saePrefix(id), stored);
  await removeSaeFacts(store, id, stored.sha256);
}

/**
 * Reads an SAE and checks every file against its manifest; `data-loss` names a damaged one. Where the SAE is deleted or
 * replaced while it is read, the one that stands then is read, or `not-found` thrown.
 */
export async function openSaeArtifact(
  store: ObjectStore,
  id: string,
  options: { signal?: AbortSignal } = {},
): Promise<SaeArtifact> {
  for (let attempt = 1; ; attempt++) {
    const stored = await readSaeManifest(store, id);
    try {
      return await openStored(store, id, { stored, ...options });
    } catch (error) {
      const { sha256 } = await readSaeManifest(store, id);
      if (sha256 === stored.sha256 || attempt === MAX_OPEN_ATTEMPTS) throw error;
    }
  }
}

async function openStored(
  store: ObjectStore,
  id: string,
  { stored, signal }: { stored: StoredSae; signal?: AbortSignal },
): Promise<SaeArtifact> {
  await verifyFiles(store, saePrefix(id), stored.manifest, { signal });
  const files = saeFilesPrefix(id, stored.manifest);
  const cfg = Buffer.from(await store.read(`${files}/${SAELENS_CONFIG_FILE}`, { signal })).toString('utf8');
  const weights = await store.read(`${files}/${SAELENS_WEIGHTS_FILE}`, { signal });
  const sae = readSaelens({ cfg, weights }, saePrefix(id));
  return { ...stored, sae: calibratedSae(sae, stored.facts) };
}

/** Reads the configuration of an SAE as it was published. */
export async function readSaeConfig(store: ObjectStore, id: string): Promise<SaeConfig> {
  const { manifest } = await readStored(store, id);
  const cfg = await store.read(`${saeFilesPrefix(id, manifest)}/${SAELENS_CONFIG_FILE}`);
  return parseSaelensConfig(Buffer.from(cfg).toString('utf8'), saePrefix(id));
}

/** Reads everything of an SAE but its weights. */
export async function readSaeManifest(store: ObjectStore, id: string): Promise<StoredSae> {
  const { manifest, sha256, version } = await readStored(store, id);
  const weights = manifest.files[SAELENS_WEIGHTS_FILE];
  if (weights === undefined)
    throw new FacetError('data-loss', `the manifest of saes/${id} does not name ${SAELENS_WEIGHTS_FILE}`, {
      reason: 'ARTIFACT_DAMAGED',
    });
  const facts = await findSaeFacts(store, id, sha256);
  return {
    id,
    manifest: { ...manifest, lineage: boundLineage(manifest.lineage, facts) },
    sha256,
    version,
    identity: { sae: id, sha256: weights.sha256, manifestSha256: sha256 },
    facts,
    revision: `${sha256}/${facts?.time ?? ''}`,
  };
}

async function readStored(store: ObjectStore, id: string): Promise<StoredManifest<SaeBody>> {
  try {
    return await readManifest(store, saePrefix(id), { kind: SAE_KIND, body: bodySchema });
  } catch (error) {
    if (isFacetError(error) && error.kind === 'not-found')
      throw new FacetError('not-found', `saes/${id} does not exist`, {
        cause: error,
        metadata: { resourceType: 'Sae', resourceName: `saes/${id}` },
      });
    throw error;
  }
}

/** Lists the ids of all complete SAEs, in the order of their keys. */
export async function* listSaeArtifacts(store: ObjectStore): AsyncGenerator<string> {
  for await (const { key } of store.list('saes')) {
    const id = /^saes\/([^/]+)\/manifest\.json$/.exec(key)?.[1];
    if (id !== undefined) yield id;
  }
}

function taken(id: string): FacetError {
  return new FacetError('exists', `saes/${id} exists already; choose another id or delete it first`, {
    metadata: { resourceType: 'Sae', resourceName: `saes/${id}` },
  });
}
