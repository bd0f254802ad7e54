import type { Sae } from '@facet/contracts';
import type { Field } from './fields.ts';
import { formatCount, formatValue } from './quantities.ts';
import { evaluationFields } from './training-runs.ts';

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
    ['model', sae.model],
    ['hook point', sae.hookPoint],
    ['inference threshold', inferenceThreshold === undefined ? undefined : formatValue(inferenceThreshold)],
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
