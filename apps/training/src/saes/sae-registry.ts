import {
  createDeletedSaes,
  listSaeArtifacts,
  openSaeArtifact,
  readSaeManifest,
  removeSaeArtifact,
  type SaeBody,
  type SaeFacts,
  type StoredSae,
  saeFilesPrefix,
  writeSaeArtifact,
} from '@facet/artifacts';
import { FacetError, isFacetError, quote } from '@facet/errors';
import {
  absentAsUndefined,
  type Lineage,
  type Manifest,
  type ObjectStore,
  readJson,
  updateJson,
} from '@facet/objects';
import {
  detectFormat,
  lacksThreshold,
  parseSaelensConfig,
  type ReadOptions,
  readSae,
  SAELENS_CONFIG_FILE,
  SAELENS_SPARSITY_FILE,
  type Sae,
  type SaeConfig,
  type SaeFormat,
  writeSae,
  writeSaelens,
} from '@facet/sae';
import { z } from 'zod';
import type { RunEvents } from '../runs/run-events.ts';
import { measureParity, type Parity, paritySchema } from './import-parity.ts';
import type { FindModel, NamedModel } from './named-model.ts';
import { writeSaeDirectory } from './sae-directory.ts';
import { openSourceFiles } from './source-files.ts';

/** What people may write about an SAE. */
const textsSchema = z.object({ displayName: z.string(), description: z.string() });
export type SaeTexts = z.infer<typeof textsSchema>;

/** Longest texts, in characters. */
export const TEXT_LIMITS = { displayName: 200, description: 4000 } as const;

/** An SAE as the registry describes it. */
export interface RegisteredSae {
  id: string;
  manifest: Manifest<SaeBody>;
  cfg: SaeConfig;
  /** `cfg.json` as stored. */
  configJson: string;
  texts: SaeTexts;
  parity?: Parity | undefined;
  /** What became known of it after it was published. */
  facts?: SaeFacts | undefined;
}

/** The published SAEs. */
export interface SaeRegistry {
  get(id: string): Promise<RegisteredSae>;
  /** SAEs with ids after `after`, in order, at most `limit`. */
  list(after: string, limit: number): Promise<RegisteredSae[]>;
  updateTexts(id: string, change: Partial<SaeTexts>): Promise<RegisteredSae>;
  delete(id: string): Promise<void>;
  importFrom(request: ImportRequest, signal?: AbortSignal): Promise<Imported>;
  /** Writes an SAE in a format into a new directory. */
  exportTo(id: string, uri: string, format: SaeFormat): Promise<Exported>;
}

/** An imported SAE, and what it still lacks and how it gets it, a sentence each. */
export interface Imported {
  sae: RegisteredSae;
  notices: string[];
}

/** What an export has written. */
export interface Exported {
  /** Names of the files. */
  files: string[];
  /** What was converted, a sentence each. */
  conversions: readonly string[];
}

export interface ImportRequest extends ReadOptions {
  id: string;
  uri: string;
  /** @default told from the names of the files */
  format?: SaeFormat | undefined;
  /** Empty: the first activation set that it is indexed with says which it is. */
  modelId: string;
  /** Empty: the one that its configuration names. */
  hookPoint: string;
}

export interface SaeRegistryDependencies {
  store: ObjectStore;
  events: RunEvents;
  findModel: FindModel;
  importRoots: readonly string[];
  exportRoots: readonly string[];
}

const TEXTS_FILE = 'texts.json';
const PARITY_FILE = 'parity.json';
const PROBES_FILE = 'parity.safetensors';
/** How often an SAE is described anew because it was replaced while it was read. */
const MAX_DESCRIBE_ATTEMPTS = 5;
const NO_TEXTS: SaeTexts = { displayName: '', description: '' };

/** Creates the registry over the SAE artifacts of an object store. */
export function createSaeRegistry(dependencies: SaeRegistryDependencies): SaeRegistry {
  const { store, exportRoots } = dependencies;
  const get = (id: string) => describe(store, id);
  return {
    get,
    async list(after, limit) {
      const found: RegisteredSae[] = [];
      for await (const id of listSaeArtifacts(store)) {
        if (id <= after) continue;
        if (found.length === limit) break;
        // It may have been deleted since the ids were read.
        const sae = await absentAsUndefined(() => get(id));
        if (sae) found.push(sae);
      }
      return found;
    },
    updateTexts: (id, change) => updateTexts(store, id, change),
    delete: (id) => deleteSae(dependencies, id),
    importFrom: (request, signal) => importSae(dependencies, request, signal),
    async exportTo(id, uri, format) {
      const { sae, manifest } = await openSaeArtifact(store, id);
      const { files, conversions } = writeSae(sae, format);
      const sparsity = format === 'saelens' ? await readSparsity(store, id, manifest) : undefined;
      const all = { ...files, ...(sparsity && { [SAELENS_SPARSITY_FILE]: [sparsity] }) };
      return { files: await writeSaeDirectory({ uri, roots: exportRoots, files: all }), conversions };
    },
  };
}

/** Reads what is known of an SAE; where it is deleted or replaced meanwhile, of the one that stands then. */
async function describe(store: ObjectStore, id: string): Promise<RegisteredSae> {
  for (let attempt = 1; ; attempt++) {
    const stored = await readSaeManifest(store, id);
    try {
      return await describeStored(store, id, stored);
    } catch (error) {
      const isSame = (await readSaeManifest(store, id)).sha256 === stored.sha256;
      if (isSame || attempt === MAX_DESCRIBE_ATTEMPTS) throw error;
    }
  }
}

async function describeStored(
  store: ObjectStore,
  id: string,
  { manifest, facts }: StoredSae,
): Promise<RegisteredSae> {
  const source = saeFilesPrefix(id, manifest);
  const configJson = Buffer.from(await store.read(`${source}/${SAELENS_CONFIG_FILE}`)).toString('utf8');
  const cfg = parseSaelensConfig(configJson, source);
  const texts =
    (await absentAsUndefined(() => readJson(store, `${source}/${TEXTS_FILE}`, textsSchema))) ?? NO_TEXTS;
  const parity = await absentAsUndefined(() => readJson(store, `${source}/${PARITY_FILE}`, paritySchema));
  return { id, manifest, cfg, configJson, texts, parity, facts };
}

/** Changes texts field by field: of several callers at once, each changes what it names. */
async function updateTexts(
  store: ObjectStore,
  id: string,
  change: Partial<SaeTexts>,
): Promise<RegisteredSae> {
  requireShort(change);
  const { manifest, sha256 } = await readSaeManifest(store, id);
  // Beside the files of this very SAE: another one that takes its id meanwhile does not get its texts.
  const key = `${saeFilesPrefix(id, manifest)}/${TEXTS_FILE}`;
  await updateJson(store, key, textsSchema, (current) => ({ ...(current?.value ?? NO_TEXTS), ...change }));
  if ((await readSaeManifest(store, id)).sha256 === sha256) return describe(store, id);
  throw replaced(id, 'its texts were changed');
}

/** Deletes the SAE that stands; of several callers at once one does, the others find none, or another SAE. */
async function deleteSae({ store, events }: SaeRegistryDependencies, id: string): Promise<void> {
  const stored = await readSaeManifest(store, id);
  await createDeletedSaes(store).note(stored.identity);
  try {
    await removeSaeArtifact(store, id, stored);
  } catch (error) {
    if (!(isFacetError(error) && error.kind === 'aborted')) throw error;
    await readSaeManifest(store, id);
    throw replaced(id, 'it was deleted');
  }
  if (stored.manifest.folder === undefined)
    for (const name of [TEXTS_FILE, PARITY_FILE, PROBES_FILE])
      await store.delete(`${saeFilesPrefix(id, stored.manifest)}/${name}`);
  // Where the event is lost, the note does its work later.
  await events.saeDeleted(stored.identity).catch(() => undefined);
}

function replaced(id: string, what: string): FacetError {
  return new FacetError('aborted', `saes/${id} was replaced by another SAE while ${what}; read it again`, {
    reason: 'SAE_REPLACED',
  });
}

function readSparsity(
  store: ObjectStore,
  id: string,
  manifest: Manifest<SaeBody>,
): Promise<Uint8Array | undefined> {
  const key = `${saeFilesPrefix(id, manifest)}/${SAELENS_SPARSITY_FILE}`;
  return absentAsUndefined(() => store.read(key));
}

/**
 * Publishes an SAE from files, after its copy has encoded and decoded probe rows as the source's own equations do.
 */
async function importSae(
  { store, events, findModel, importRoots }: SaeRegistryDependencies,
  request: ImportRequest,
  signal?: AbortSignal,
): Promise<Imported> {
  const files = await openSourceFiles({ uri: request.uri, roots: importRoots });
  const format = request.format ?? detectFormat(files);
  const read = await readSae(format, files, { inputScale: request.inputScale });
  const { sae, conversions } = read;
  const { hook_name } = sae.cfg.metadata;
  const hookPoint = request.hookPoint || hook_name;
  if (!hookPoint) {
    const message = `${quote(request.uri)} does not name its hook point; give hook_point, e.g. blocks.6.hook_resid_post`;
    throw new FacetError('invalid', message, { field: 'hook_point' });
  }
  const { d_in } = sae.cfg;
  const model = await findModel(
    { source: quote(request.uri), modelId: request.modelId, hookPoint, d_in },
    signal,
  );
  const { parity, probes } = await measureParity(read, quote(request.uri));
  sae.cfg.metadata = { ...sae.cfg.metadata, hook_name: hookPoint };
  const stored = await writeSaeArtifact(store, request.id, sae, {
    createTime: new Date().toISOString(),
    lineage: importedLineage(request, hookPoint, model),
    metrics: {},
    source: { format, files: files.hashes(), conversions: [...conversions] },
    extras: { [PROBES_FILE]: probes, [PARITY_FILE]: Buffer.from(`${JSON.stringify(parity, null, 2)}\n`) },
  });
  const time = new Date(stored.manifest.createTime);
  await events.saePublished({
    id: request.id,
    trainingRun: '',
    time,
    key: `${request.id}-${time.getTime()}`,
  });
  const configJson = writeSaelens(sae).cfg;
  const cfg = parseSaelensConfig(configJson, request.id);
  const imported = { id: request.id, manifest: stored.manifest, cfg, configJson, texts: NO_TEXTS, parity };
  return { sae: imported, notices: [...hookNotices(hook_name, hookPoint), ...noticesOf(sae, model)] };
}

function importedLineage(
  { id, modelId }: ImportRequest,
  hookPoint: string,
  { modelSha256, tokenizerSha256 }: NamedModel,
): Lineage {
  return { modelId, modelSha256, tokenizerSha256, hookPoint, normalization: 'none', saeId: id };
}

function hookNotices(configured: string | undefined, hookPoint: string): string[] {
  if (configured === undefined || configured === hookPoint) return [];
  const asked = `it is imported for ${quote(hookPoint)}, as asked`;
  return [`its configuration names the hook point ${quote(configured)}; ${asked}`];
}

function noticesOf(sae: Sae, { notice }: NamedModel): string[] {
  const notices = notice === undefined ? [] : [notice];
  if (lacksThreshold(sae))
    notices.push(
      'it came without a threshold, so its features cannot be steered yet: one is calibrated when it is indexed',
    );
  return notices;
}

function requireShort(texts: Partial<SaeTexts>): void {
  for (const [name, limit] of Object.entries(TEXT_LIMITS)) {
    const { length } = texts[name as keyof SaeTexts] ?? '';
    if (length <= limit) continue;
    throw new FacetError('invalid', `${name} has ${length} characters; at most ${limit} are kept`, {
      field: name === 'displayName' ? 'sae.display_name' : 'sae.description',
    });
  }
}
