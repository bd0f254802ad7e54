import { writeSaeArtifact } from '@facet/artifacts';
import { FacetError, quote } from '@facet/errors';
import type { Lineage, ObjectStore } from '@facet/objects';
import {
  detectFormat,
  lacksThreshold,
  type NamedHookPoint,
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
import { type FindModel, type NamedModel, requireFitting } from './named-model.ts';
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
  const model = await findModel(request.modelId, signal);
  const modelType = model.described?.modelType;
  const read = await readSae(format, files, { inputScale: request.inputScale, modelType });
  const { sae, conversions } = read;
  const { hook_name, model_name } = sae.cfg.metadata;
  const spelling = request.hookPoint || hook_name;
  if (!spelling) throw unnamedHook(request.uri, read.hookProblem);
  const named = resolveHookName({ spelling, model: modelType ?? model_name }, quote(request.uri));
  const { hookPoint } = named;
  requireFitting({ source: quote(request.uri), hookPoint, d_in: sae.cfg.d_in }, model);
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
  const sources = { configured: hook_name, problem: read.hookProblem, asked: request.hookPoint };
  return { sae: imported, notices: [...hookNotices(sources, named), ...noticesOf(sae, model)] };
}

function unnamedHook(uri: string, problem: string | undefined): FacetError {
  const why = problem === undefined ? 'does not name its hook point' : `cannot be placed: ${problem}`;
  const message = `${quote(uri)} ${why}; give hook_point, e.g. blocks.6.hook_resid_post`;
  return new FacetError('invalid', message, { field: 'hook_point' });
}

function importedLineage(
  { id, modelId }: ImportRequest,
  hookPoint: string,
  { modelSha256, tokenizerSha256 }: NamedModel,
): Lineage {
  return { modelId, modelSha256, tokenizerSha256, hookPoint, normalization: 'none', saeId: id };
}

/** Says where the hook point comes from, if it is not the one that the source names by Facet's own name. */
function hookNotices(
  {
    configured,
    problem,
    asked,
  }: { configured: string | undefined; problem: string | undefined; asked: string },
  { hookPoint, caveat }: NamedHookPoint,
): string[] {
  const notices = caveat === undefined ? [] : [`it is taken to read ${quote(hookPoint)}: ${caveat}`];
  const isAsked = `it is imported for ${quote(hookPoint)}, as asked`;
  if (configured === undefined)
    return problem === undefined ? notices : [`${problem}; ${isAsked}`, ...notices];
  if (configured === hookPoint) return notices;
  const named = `its configuration names the hook point ${quote(configured)}`;
  return [asked === '' ? `${named}, which is ${quote(hookPoint)} here` : `${named}; ${isAsked}`, ...notices];
}

function noticesOf(sae: Sae, { notice }: NamedModel): string[] {
  const notices = notice === undefined ? [] : [notice];
  if (lacksThreshold(sae))
    notices.push(
      'it came without a threshold, so its features cannot be steered yet: one is calibrated when it is indexed',
    );
  return notices;
}
