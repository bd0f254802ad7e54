import {
  listSaeArtifacts,
  openSaeArtifact,
  readSaeManifest,
  type SaeBody,
  saePrefix,
  writeSaeArtifact,
} from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import {
  absentAsUndefined,
  type Lineage,
  MANIFEST_FILE,
  type Manifest,
  type ObjectStore,
  readJson,
  writeJson,
} from '@facet/objects';
import { parseSaelensConfig, SAELENS_CONFIG_FILE, type Sae, type SaeConfig } from '@facet/sae';
import { z } from 'zod';
import { measureParity, type Parity, paritySchema } from './import-parity.ts';
import type { RunEvents } from './run-events.ts';
import { readSaeDirectory, writeSaeDirectory } from './sae-directory.ts';

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
  /** Writes the files of an SAE into a new directory and returns their names. */
  exportTo(id: string, uri: string): Promise<string[]>;
}

export interface ImportRequest {
  id: string;
  uri: string;
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
      await readSaeManifest(store, id);
      await store.delete(`${saePrefix(id)}/${MANIFEST_FILE}`);
      await store.deletePrefix(saePrefix(id));
    },
    importFrom: (request) => importSae(dependencies, request),
    async exportTo(id, uri) {
      const { manifest } = await get(id);
      const read = (name: string) => store.read(`${saePrefix(id)}/${name}`);
      return writeSaeDirectory({ uri, roots: exportRoots, names: Object.keys(manifest.files), read });
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

/**
 * Publishes an SAE from a directory, after its stored copy has encoded and decoded probe rows as the source
 * does.
 */
async function importSae(
  dependencies: SaeRegistryDependencies,
  request: ImportRequest,
): Promise<RegisteredSae> {
  const { store, events, importRoots } = dependencies;
  const sae = await readSaeDirectory({ uri: request.uri, roots: importRoots });
  const hookPoint = request.hookPoint || sae.cfg.metadata.hook_name;
  if (!hookPoint) {
    const message = `${request.uri} does not name its hook point; give hook_point, e.g. blocks.6.hook_resid_post`;
    throw new FacetError('invalid', message, { field: 'hook_point' });
  }
  const parity = await measureParity(sae, request.uri);
  sae.cfg.metadata = { ...sae.cfg.metadata, hook_name: hookPoint };
  await publishImported(store, request.id, { sae, lineage: importedLineage(request, hookPoint) });
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

function publishImported(store: ObjectStore, id: string, { sae, lineage }: { sae: Sae; lineage: Lineage }) {
  const createTime = new Date().toISOString();
  return writeSaeArtifact(store, id, sae, { createTime, lineage, metrics: {} });
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
