import { join, resolve } from 'node:path';
import { Sae, SaeFormat } from '@facet/contracts';
import type { Command } from 'commander';
import type { AddressOptions } from '../addresses.ts';
import { clientAction } from '../client-action.ts';
import { addClientCommand, addGroup } from '../command-builder.ts';
import type { Run } from '../invocation.ts';
import { parseResource } from '../parse/names.ts';
import type { Field } from '../render/fields.ts';
import { formatCount, formatValue } from '../render/quantities.ts';
import type { Column } from '../render/table.ts';
import { evaluationFields } from '../render/training-runs.ts';
import { addEvaluateCommand } from './saes/evaluate.ts';
import { addDeleteVerb, type DeletableKind } from './verbs/delete.ts';
import { addListVerb } from './verbs/list.ts';
import { addShowVerb } from './verbs/show.ts';

/** Adds `facet saes list|show|evaluate|delete|export`. */
export function addSaesCommands(program: Command, run: Run): void {
  const group = addGroup(program, 'saes', 'look after trained autoencoders');
  addListVerb(group, run, SAES);
  addShowVerb(group, run, SAES);
  addEvaluateCommand(group, run);
  addDeleteVerb(group, run, SAES);
  addClientCommand(
    group,
    'export <name> <directory>',
    'write an SAE in SAELens format where the service can',
  ).action(run(exportSae));
}

const COLUMNS: readonly Column<Sae>[] = [
  { title: 'name', cell: ({ name }) => name },
  { title: 'architecture', cell: ({ architecture, k }) => (k > 0 ? `${architecture} k ${k}` : architecture) },
  { title: 'd_in', cell: ({ dIn }) => formatCount(dIn), align: 'right' },
  { title: 'd_sae', cell: ({ dSae }) => formatCount(dSae), align: 'right' },
  { title: 'model', cell: ({ model }) => model },
  { title: 'hook point', cell: ({ hookPoint }) => hookPoint },
  { title: 'fvu', cell: ({ evaluation }) => (evaluation ? formatValue(evaluation.fvu) : ''), align: 'right' },
];

const SAES: DeletableKind<Sae> = {
  noun: 'SAE',
  collection: 'saes',
  get: async (clients, name, call) => (await clients.saes.getSae({ name }, call)).sae,
  list: async (clients, page, call) => {
    const { saes, nextPageToken } = await clients.saes.listSaes(page, call);
    return { items: saes, nextPageToken };
  },
  delete: (clients, name, call) => clients.saes.deleteSae({ name }, call),
  columns: COLUMNS,
  fields: saeFields,
  toJson: Sae.toJSON,
};

function saeFields(sae: Sae): Field[] {
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
    ...evaluationFields(sae.evaluation),
    ['created', sae.createTime?.toISOString()],
  ];
}

const exportSae = clientAction<AddressOptions>(async (clients, { signal }, _options, operand, directory) => {
  const name = parseResource(operand!, 'saes', 'SAE');
  const uri = resolve(directory!);
  const request = { name, uri, format: SaeFormat.SAELENS };
  const { files } = await clients.saes.exportSae(request, { signal });
  return { text: files.map((file) => join(uri, file)).join('\n'), json: { directory: uri, files } };
});
