import { FacetError, isFacetError } from '@facet/errors';
import {
  type Lineage,
  type Manifest,
  type ManifestFile,
  type ObjectStore,
  readManifest,
  type StoredManifest,
  verifyManifest,
  writeManifest,
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
import { boundLineage, calibratedSae, findSaeFacts, type SaeFacts } from './sae-facts.ts';
import type { SaeIdentity } from './sae-identity.ts';

/** The manifest kind of an SAE. */
export const SAE_KIND = 'sae';

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
  source?: SaeSource | undefined;
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
  source: z
    .object({
      format: z.string(),
      files: z.record(z.string(), z.object({ bytes: z.number().int().nonnegative(), sha256: z.string() })),
      conversions: z.array(z.string()),
    })
    .optional(),
});

/**
 * Writes an SAE in SAELens's format, its manifest last; `exists` where the id is taken. What a write that fails (a full
 * disk) has left is removed.
 */
export async function writeSaeArtifact(
  store: ObjectStore,
  id: string,
  sae: Sae,
  details: SaeDetails,
): Promise<Manifest<SaeBody>> {
  const prefix = saePrefix(id);
  if (await store.exists(manifestOf(prefix))) throw taken(id);
  try {
    return await writeFiles(store, prefix, sae, details);
  } catch (error) {
    if (isFacetError(error) && error.kind === 'exists') throw taken(id);
    await removeUnfinished(store, prefix).catch(() => undefined);
    throw error;
  }
}

async function writeFiles(
  store: ObjectStore,
  prefix: string,
  sae: Sae,
  details: SaeDetails,
): Promise<Manifest<SaeBody>> {
  const { createTime, lineage, metrics, sparsity, trainingRun, source } = details;
  const { cfg, weights } = writeSaelens(sae);
  const files: Record<string, ManifestFile> = {};
  const write = async (name: string, data: Uint8Array | Uint8Array[]) => {
    const { bytes, sha256 } = await store.write(`${prefix}/${name}`, data);
    files[name] = { bytes, sha256 };
  };
  await write(SAELENS_CONFIG_FILE, Buffer.from(cfg));
  await write(SAELENS_WEIGHTS_FILE, weights);
  if (sparsity) await write(SAELENS_SPARSITY_FILE, writeSaelensSparsity(sparsity));
  const { architecture, d_in, d_sae, k } = sae.cfg;
  const body: SaeBody = { architecture, d_in, d_sae, k, metrics, trainingRun, source };
  const manifest: Manifest<SaeBody> = { formatVersion: 1, kind: SAE_KIND, createTime, files, lineage, body };
  await writeManifest(store, prefix, manifest, { ifAbsent: true });
  return manifest;
}

/** Leaves alone what another writer has completed meanwhile. */
async function removeUnfinished(store: ObjectStore, prefix: string): Promise<void> {
  if (!(await store.exists(manifestOf(prefix)))) await store.deletePrefix(prefix);
}

function manifestOf(prefix: string): string {
  return `${prefix}/manifest.json`;
}

/** Reads an SAE and checks every file against its manifest; `data-loss` names a damaged one. */
export async function openSaeArtifact(
  store: ObjectStore,
  id: string,
  options: { signal?: AbortSignal } = {},
): Promise<SaeArtifact> {
  const prefix = saePrefix(id);
  const stored = await readSaeManifest(store, id);
  await verifyManifest(store, prefix, options);
  const cfg = Buffer.from(await store.read(`${prefix}/${SAELENS_CONFIG_FILE}`, options)).toString('utf8');
  const weights = await store.read(`${prefix}/${SAELENS_WEIGHTS_FILE}`, options);
  const sae = readSaelens({ cfg, weights }, prefix);
  return { ...stored, sae: calibratedSae(sae, stored.facts) };
}

/** Reads the configuration of an SAE as it was published. */
export async function readSaeConfig(store: ObjectStore, id: string): Promise<SaeConfig> {
  const prefix = saePrefix(id);
  const cfg = await store.read(`${prefix}/${SAELENS_CONFIG_FILE}`);
  return parseSaelensConfig(Buffer.from(cfg).toString('utf8'), prefix);
}

/** Reads everything of an SAE but its weights. */
export async function readSaeManifest(store: ObjectStore, id: string): Promise<StoredSae> {
  const { manifest, sha256 } = await readStored(store, id);
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
