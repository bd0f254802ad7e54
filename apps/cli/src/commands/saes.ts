import { addGroup, type Column, formatCount, formatValue, type Run } from '@facet/console';
import { Sae } from '@facet/contracts';
import type { Command } from 'commander';
import { saeFields } from '../render/saes.ts';
import { addEvaluateCommand } from './saes/evaluate.ts';
import { addExportCommand } from './saes/export.ts';
import { addImportCommand } from './saes/import.ts';
import { addDeleteVerb, type DeletableKind } from './verbs/delete.ts';
import { addListVerb } from './verbs/list.ts';
import { addShowVerb } from './verbs/show.ts';

/** Adds `facet saes list|show|evaluate|delete|import|export`. */
export function addSaesCommands(program: Command, run: Run): void {
  const group = addGroup(program, 'saes', 'look after trained autoencoders');
  addListVerb(group, run, SAES);
  addShowVerb(group, run, SAES);
  addEvaluateCommand(group, run);
  addDeleteVerb(group, run, SAES);
  addImportCommand(group, run);
  addExportCommand(group, run);
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
