import {
  createDeletedSaes,
  listSaeArtifacts,
  openSaeArtifact,
  readSaeManifest,
  type SaeBody,
  saePrefix,
  writeSaeArtifact,
} from '@facet/artifacts';
import { FacetError, quote } from '@facet/errors';
import {
  absentAsUndefined,
  type Lineage,
  MANIFEST_FILE,
  type Manifest,
  type ObjectStore,
  readJson,
  writeJson,
} from '@facet/objects';
import {
  detectFormat,
  parseSaelensConfig,
  type ReadOptions,
  readSae,
  SAELENS_CONFIG_FILE,
  SAELENS_SPARSITY_FILE,
  type SaeConfig,
  type SaeFormat,
  writeSae,
} from '@facet/sae';
import { z } from 'zod';
import { measureParity, type Parity, paritySchema } from './import-parity.ts';
import type { RunEvents } from './run-events.ts';
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
}

/** The published SAEs. */
export interface SaeRegistry {
  get(id: string): Promise<RegisteredSae>;
  /** SAEs with ids after `after`, in order, at most `limit`. */
  list(after: string, limit: number): Promise<RegisteredSae[]>;
  updateTexts(id: string, change: Partial<SaeTexts>): Promise<RegisteredSae>;
  delete(id: string): Promise<void>;
  importFrom(request: ImportRequest): Promise<RegisteredSae>;
  /** Writes an SAE in a format into a new directory. */
  exportTo(id: string, uri: string, format: SaeFormat): Promise<Exported>;
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
  modelId: string;
  /** Empty: the one that its configuration names. */
  hookPoint: string;
}

export interface SaeRegistryDependencies {
  store: ObjectStore;
  events: RunEvents;
  importRoots: readonly string[];
  exportRoots: readonly string[];
}

const TEXTS_FILE = 'texts.json';
const PARITY_FILE = 'parity.json';
const PROBES_FILE = 'parity.safetensors';
const NO_TEXTS: SaeTexts = { displayName: '', description: '' };

/** Creates the registry over the SAE artifacts of an object store. */
export function createSaeRegistry(dependencies: SaeRegistryDependencies): SaeRegistry {
  const { store, events, exportRoots } = dependencies;
  const get = (id: string) => describe(store, id);
  return {
    get,
    async list(after, limit) {
      const found: RegisteredSae[] = [];
      for await (const id of listSaeArtifacts(store)) {
        if (id <= after) continue;
        if (found.length === limit) break;
        found.push(await get(id));
      }
      return found;
    },
    async updateTexts(id, change) {
      const { texts } = await get(id);
      const changed = { ...texts, ...change };
      requireShort(changed);
      await writeJson(store, `${saePrefix(id)}/${TEXTS_FILE}`, changed);
      return get(id);
    },
    async delete(id) {
      const { identity } = await readSaeManifest(store, id);
      await createDeletedSaes(store).note(identity);
      await store.delete(`${saePrefix(id)}/${MANIFEST_FILE}`);
      await store.deletePrefix(saePrefix(id));
      // Where the event is lost, the note does its work later.
      await events.saeDeleted(identity).catch(() => undefined);
    },
    importFrom: (request) => importSae(dependencies, request),
    async exportTo(id, uri, format) {
      const { sae } = await openSaeArtifact(store, id);
      const { files, conversions } = writeSae(sae, format);
      const sparsity = format === 'saelens' ? await readSparsity(store, id) : undefined;
      const all = { ...files, ...(sparsity && { [SAELENS_SPARSITY_FILE]: [sparsity] }) };
      return { files: await writeSaeDirectory({ uri, roots: exportRoots, files: all }), conversions };
    },
  };
}

async function describe(store: ObjectStore, id: string): Promise<RegisteredSae> {
  const { manifest } = await readSaeManifest(store, id);
  const source = saePrefix(id);
  const configJson = Buffer.from(await store.read(`${source}/${SAELENS_CONFIG_FILE}`)).toString('utf8');
  const cfg = parseSaelensConfig(configJson, source);
  const texts =
    (await absentAsUndefined(() => readJson(store, `${source}/${TEXTS_FILE}`, textsSchema))) ?? NO_TEXTS;
  const parity = await absentAsUndefined(() => readJson(store, `${source}/${PARITY_FILE}`, paritySchema));
  return { id, manifest, cfg, configJson, texts, parity };
}

function readSparsity(store: ObjectStore, id: string): Promise<Uint8Array | undefined> {
  return absentAsUndefined(() => store.read(`${saePrefix(id)}/${SAELENS_SPARSITY_FILE}`));
}

/**
 * Publishes an SAE from files, after its copy has encoded and decoded probe rows as the source's own equations do.
 */
async function importSae(
  { store, events, importRoots }: SaeRegistryDependencies,
  request: ImportRequest,
): Promise<RegisteredSae> {
  const files = await openSourceFiles({ uri: request.uri, roots: importRoots });
  const format = request.format ?? detectFormat(files);
  const read = await readSae(format, files, { inputScale: request.inputScale });
  const { sae, conversions } = read;
  const hookPoint = request.hookPoint || sae.cfg.metadata.hook_name;
  if (!hookPoint) {
    const message = `${quote(request.uri)} does not name its hook point; give hook_point, e.g. blocks.6.hook_resid_post`;
    throw new FacetError('invalid', message, { field: 'hook_point' });
  }
  const { parity, probes } = await measureParity(read, quote(request.uri));
  sae.cfg.metadata = { ...sae.cfg.metadata, hook_name: hookPoint };
  await writeSaeArtifact(store, request.id, sae, {
    createTime: new Date().toISOString(),
    lineage: importedLineage(request, hookPoint),
    metrics: {},
    source: { format, files: files.hashes(), conversions: [...conversions] },
  });
  await store.write(`${saePrefix(request.id)}/${PROBES_FILE}`, probes);
  await writeJson(store, `${saePrefix(request.id)}/${PARITY_FILE}`, parity);
  await openSaeArtifact(store, request.id);
  const imported = await describe(store, request.id);
  const time = new Date(imported.manifest.createTime);
  await events.saePublished({
    id: request.id,
    trainingRun: '',
    time,
    key: `${request.id}-${time.getTime()}`,
  });
  return imported;
}

/** An import says which model it reads, but not by hash: those stay empty. */
function importedLineage({ id, modelId }: ImportRequest, hookPoint: string): Lineage {
  return { modelId, modelSha256: '', tokenizerSha256: '', hookPoint, normalization: 'none', saeId: id };
}

function requireShort(texts: SaeTexts): void {
  for (const [name, limit] of Object.entries(TEXT_LIMITS)) {
    const { length } = texts[name as keyof SaeTexts];
    if (length <= limit) continue;
    throw new FacetError('invalid', `${name} has ${length} characters; at most ${limit} are kept`, {
      field: name === 'displayName' ? 'sae.display_name' : 'sae.description',
    });
  }
}
