import { evaluationFields, type Field, formatCount, formatValue } from '@facet/console';
import type { Sae } from '@facet/contracts';

/** An SAE as `facet saes show` prints it. */
export function saeFields(sae: Sae): Field[] {
  const { inferenceThreshold, lineage } = sae;
  return [
    ['name', sae.name],
    ['called', sae.displayName],
    ['description', sae.description],
    ['architecture', sae.k > 0 ? `${sae.architecture}, k ${sae.k}` : sae.architecture],
    ['d_in', formatCount(sae.dIn)],
    ['d_sae', formatCount(sae.dSae)],
    ['model', boundModel(sae)],
    ['hook point', sae.hookPoint],
    ['inference threshold', inferenceThreshold === undefined ? undefined : formatValue(inferenceThreshold)],
    ...lateFields(sae),
    [
      'trained on',
      lineage && lineage.activationSetId !== '' ? `activationSets/${lineage.activationSetId}` : '',
    ],
    ['weights', lineage && `sha256 ${lineage.saeSha256}`],
    ...importFields(sae),
    ...evaluationFields(sae.evaluation),
    ['created', sae.createTime?.toISOString()],
  ];
}

/** The model that it reads, with the weights that it is bound to. */
function boundModel({ model, lineage }: Sae): string {
  const bound = lineage?.modelSha256 ?? '';
  return bound === '' ? `${model || 'not known'}, not bound to weights yet` : `${model}, sha256 ${bound}`;
}

/** What became known by the first activation set that it was indexed with. */
function lateFields({ lateFacts }: Sae): Field[] {
  if (lateFacts === undefined) return [];
  const { activationSet, boundModel, calibratedRows } = lateFacts;
  const fields: Field[] = [];
  if (boundModel) fields.push(['model bound by', activationSet]);
  if (calibratedRows > 0n)
    fields.push(['threshold calibrated', `on ${formatCount(calibratedRows)} rows of ${activationSet}`]);
  return fields;
}

/** Where an imported SAE comes from and how exactly it is reproduced; nothing for a trained one. */
function importFields({ source, parity }: Sae): Field[] {
  if (!source) return [];
  const fields: Field[] = [['imported from', source.format]];
  for (const { name, sha256 } of source.files) fields.push([name, `sha256 ${sha256}`]);
  for (const conversion of source.conversions) fields.push(['converted', conversion]);
  if (parity) {
    const differences =
      `encode ${formatValue(parity.relativeEncodeDifference)}, decode ${formatValue(parity.relativeDecodeDifference)} ` +
      `of the largest value, on ${formatCount(parity.probeRows)} rows`;
    fields.push(['parity', differences]);
  }
  return fields;
}
