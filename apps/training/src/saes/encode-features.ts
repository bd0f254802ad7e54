import type { BatchGetDirectionsResponse, EncodeActivationsResponse, Tensor } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { floatTensor, idTensor } from '@facet/mesh';
import { featureRows } from '@facet/sae';
import type { LoadedSae } from './loaded-saes.ts';
import { readRows, toLineage } from './sae-messages.ts';

/** Most features of one call for directions. */
export const MAX_DIRECTIONS = 256;

/** Encodes the rows of a request exactly as the SAE's architecture says. */
export async function encodeRows(
  { artifact, encoder }: LoadedSae,
  activations: Tensor | undefined,
): Promise<EncodeActivationsResponse> {
  const { x, rows } = readRows(activations, artifact.sae.cfg.d_in);
  const { offsets, indices, values } = await (await encoder()).encode(x, rows);
  return {
    offsets: idTensor(offsets),
    indices: idTensor(indices),
    values: floatTensor(values, [values.length]),
  };
}

/** Gathers what interventions need of features, in the order of the request. */
export function featureDirections(
  { artifact }: LoadedSae,
  features: readonly number[],
): BatchGetDirectionsResponse {
  if (features.length > MAX_DIRECTIONS) {
    const message = `${features.length} features are asked for; at most ${MAX_DIRECTIONS} fit one call`;
    throw new FacetError('invalid', message, { field: 'features' });
  }
  const { sae, manifest, id } = artifact;
  const { d_in, d_sae } = sae.cfg;
  const unknown = features.find((feature) => feature >= d_sae);
  if (unknown !== undefined) {
    const name = `saes/${id}/features/${unknown}`;
    throw new FacetError('not-found', `saes/${id} has no feature ${unknown}; d_sae is ${d_sae}`, {
      reason: 'FEATURE_NOT_FOUND',
      metadata: { resourceType: 'Feature', resourceName: name },
    });
  }
  const rows = featureRows(sae, features);
  const n = features.length;
  return {
    encoderRows: floatTensor(rows.W_enc_rows, [n, d_in]),
    encoderBias: floatTensor(rows.b_enc, [n]),
    threshold: floatTensor(rows.threshold, [n]),
    decoderRows: floatTensor(rows.W_dec_rows, [n, d_in]),
    thresholdForm: rows.threshold_source === 'calibrated-threshold',
    lineage: toLineage(manifest.lineage, manifest.files),
    hookPoint: manifest.lineage.hookPoint ?? '',
  };
}
