import type { InferenceServiceDefinition, Model } from '@facet/contracts';
import { FacetError, isFacetError, quote } from '@facet/errors';
import type { ServiceClient } from '@facet/mesh';

/** What an import says of where its SAE lives. */
export interface SaePlace {
  /** The SAE as the caller named it, for errors. */
  source: string;
  hookPoint: string;
  d_in: number;
}

/** The hashes of the model that an SAE reads; empty where it is not known, which `notice` says then. */
export interface NamedModel {
  modelSha256: string;
  tokenizerSha256: string;
  notice?: string | undefined;
  /** As inference describes it, where it holds it. */
  described?: Model | undefined;
}

/** Looks up the model that an import names; empty: it names none. */
export type FindModel = (modelId: string, signal?: AbortSignal) => Promise<NamedModel>;

/** How long inference may take to describe a model. */
const MODEL_DEADLINE_MS = 10_000;

/** Creates the way to the models that inference holds; undefined: there is no inference to ask. */
export function createFindModel(
  inference: ServiceClient<typeof InferenceServiceDefinition> | undefined,
): FindModel {
  return async (modelId, signal) => {
    if (modelId === '') return unknown('the import names no model');
    const name = `models/${modelId}`;
    if (!inference) return unknown(`this training service knows no inference to ask for ${name}`);
    const model = await getModel(inference, name, signal);
    if (model === undefined) return unknown(`inference holds no ${name}`);
    const { modelSha256 = '', tokenizerSha256 = '' } = model.lineage ?? {};
    return { modelSha256, tokenizerSha256, described: model };
  };
}

function unknown(why: string): NamedModel {
  const notice = `${why}, so the SAE is bound to no weights yet: the first activation set that it is indexed with binds it`;
  return { modelSha256: '', tokenizerSha256: '', notice };
}

async function getModel(
  inference: ServiceClient<typeof InferenceServiceDefinition>,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Model | undefined> {
  try {
    return (await inference.getModel({ name }, { ...(signal && { signal }), deadlineMs: MODEL_DEADLINE_MS }))
      .model;
  } catch (error) {
    if (isFacetError(error) && error.kind === 'not-found') return undefined;
    if (!isFacetError(error) || error.kind !== 'unavailable') throw error;
    const message =
      `inference does not answer, so ${name} cannot be looked up (${error.message}); try again, or import without a model: ` +
      'the first activation set that the SAE is indexed with binds it then';
    throw new FacetError('unavailable', message, { cause: error, reason: error.reason });
  }
}

/** Refuses an SAE that does not fit the model that inference describes, naming both values. */
export function requireFitting(
  { source, hookPoint, d_in }: SaePlace,
  { described: model }: NamedModel,
): void {
  if (model === undefined) return;
  const point = model.hookPoints.find(({ name }) => name === hookPoint);
  if (point?.dIn === d_in) return;
  const problem = point
    ? `${source} has d_in ${d_in}, but ${hookPoint} of ${model.name} has width ${point.dIn}`
    : `${source} reads ${quote(hookPoint)}, ${missing(hookPoint, model)}`;
  const message = `${problem}; name the model and the hook point that it was trained on`;
  const field = point ? 'model' : 'hook_point';
  throw new FacetError('precondition', message, { reason: 'LINEAGE_MISMATCH', field });
}

/** Says why a model has no such hook point: too few layers, or other names. */
function missing(hookPoint: string, { name, nLayers, hookPoints }: Model): string {
  const layer = /^blocks\.(\d+)\./.exec(hookPoint)?.[1];
  if (layer !== undefined && Number(layer) >= nLayers)
    return `but ${name} has ${nLayers} layers, blocks.0 to blocks.${nLayers - 1}`;
  const ofLayer = hookPoints.filter((point) => point.layer === Number(layer ?? 0)).map((point) => point.name);
  return `which ${name} does not have; it has ${ofLayer.join(', ')}`;
}
