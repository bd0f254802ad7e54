import type { Clients, Invocation } from '@facet/console';
import type { Feature, FeatureContrast, FeatureExample } from '@facet/contracts';
import { FacetError } from '@facet/errors';

/** What to look for. */
export interface FindRequest {
  /** Name of the SAE. */
  parent: string;
  positiveTexts: string[];
  negativeTexts: string[];
  maxDensity: number;
}

/** The features that tell the texts apart, the one to go on with, and where that one fired strongest. */
export interface Found {
  contrasts: readonly FeatureContrast[];
  feature: Feature;
  examples: readonly FeatureExample[];
}

/** Features of a contrast search that are shown. */
const SHOWN_CONTRASTS = 8;
/** Examples of the chosen feature that are shown. */
const SHOWN_EXAMPLES = 8;
/** What a feature that knows nothing of the texts gets. */
const CHANCE_AUROC = 0.5;

/** Finds the features that tell positive from negative texts; goes on with the best one, or with `chosen`. */
export async function findFeatures(
  clients: Clients,
  request: FindRequest,
  chosen: number | undefined,
  { progress, signal }: Pick<Invocation, 'progress' | 'signal'>,
): Promise<Found> {
  const stage = progress.stage('find');
  try {
    const search = { ...request, pageSize: SHOWN_CONTRASTS };
    const { contrasts } = await clients.features.findFeatures(search, { signal });
    const feature =
      chosen === undefined
        ? bestFeature(contrasts)
        : await getFeature(clients, request.parent, chosen, signal);
    const page = { parent: feature.name, pageSize: SHOWN_EXAMPLES };
    const { examples } = await clients.features.listExamples(page, { signal });
    stage.done(`${feature.name} of ${contrasts.length} candidates`);
    return { contrasts, feature, examples };
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted' : 'failed');
    throw error;
  }
}

function bestFeature(contrasts: readonly FeatureContrast[]): Feature {
  const best = contrasts[0];
  if (best?.feature !== undefined && best.auroc > CHANCE_AUROC) return best.feature;
  throw new FacetError(
    'precondition',
    'no feature fires more on the texts of --find than on those of --against; give clearer or more texts, ' +
      'train longer or with more features, or choose one with --feature',
  );
}

async function getFeature(
  clients: Clients,
  parent: string,
  index: number,
  signal: AbortSignal,
): Promise<Feature> {
  const name = `${parent}/features/${index}`;
  const { feature } = await clients.features.getFeature({ name }, { signal });
  if (feature === undefined) throw new Error(`the features service answered without ${name}`);
  return feature;
}
