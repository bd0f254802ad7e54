import { writeSaeArtifact } from '@facet/artifacts';
import { FacetError, quote } from '@facet/errors';
import type { Lineage, ObjectStore } from '@facet/objects';
import {
  detectFormat,
  lacksThreshold,
  parseSaelensConfig,
  type ReadOptions,
  readSae,
  resolveHookName,
  type Sae,
  type SaeFormat,
  writeSaelens,
} from '@facet/sae';
import type { RunEvents } from '../runs/run-events.ts';
import type { RegisteredSae } from './describe-sae.ts';
import { measureParity, PARITY_FILE, PROBES_FILE } from './import-parity.ts';
import type { FindModel, NamedModel } from './named-model.ts';
import { NO_TEXTS } from './sae-texts.ts';
import { openSourceFiles } from './source-files.ts';

/** Which files become which SAE, and what they do not say themselves. */
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

/** An imported SAE, and what it still lacks and how it gets it, a sentence each. */
export interface Imported {
  sae: RegisteredSae;
  notices: string[];
}

export interface ImportDependencies {
  store: ObjectStore;
  events: RunEvents;
  findModel: FindModel;
  importRoots: readonly string[];
}

/**
 * Publishes an SAE from files, after its copy has encoded and decoded probe rows as the source's own equations do.
 */
export async function importSae(
  { store, events, findModel, importRoots }: ImportDependencies,
  request: ImportRequest,
  signal?: AbortSignal,
): Promise<Imported> {
  const files = await openSourceFiles({ uri: request.uri, roots: importRoots });
  const format = request.format ?? detectFormat(files);
  const read = await readSae(format, files, { inputScale: request.inputScale });
  const { sae, conversions } = read;
  const { hook_name } = sae.cfg.metadata;
  const named = request.hookPoint || hook_name;
  if (!named) {
    const message = `${quote(request.uri)} does not name its hook point; give hook_point, e.g. blocks.6.hook_resid_post`;
    throw new FacetError('invalid', message, { field: 'hook_point' });
  }
  const hookPoint = resolveHookName(named, quote(request.uri));
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
  return {
    sae: imported,
    notices: [...hookNotices(hook_name, request.hookPoint, hookPoint), ...noticesOf(sae, model)],
  };
}

function importedLineage(
  { id, modelId }: ImportRequest,
  hookPoint: string,
  { modelSha256, tokenizerSha256 }: NamedModel,
): Lineage {
  return { modelId, modelSha256, tokenizerSha256, hookPoint, normalization: 'none', saeId: id };
}

function hookNotices(configured: string | undefined, asked: string, hookPoint: string): string[] {
  if (configured === undefined || configured === hookPoint) return [];
  const named = `its configuration names the hook point ${quote(configured)}`;
  if (asked === '') return [`${named}, which is ${quote(hookPoint)} here`];
  return [`${named}; it is imported for ${quote(hookPoint)}, as asked`];
}

function noticesOf(sae: Sae, { notice }: NamedModel): string[] {
  const notices = notice === undefined ? [] : [notice];
  if (lacksThreshold(sae))
    notices.push(
      'it came without a threshold, so its features cannot be steered yet: one is calibrated when it is indexed',
    );
  return notices;
}
