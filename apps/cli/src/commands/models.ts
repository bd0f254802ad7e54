import { addGroup, type Column, type Field, formatBytes, formatCount, type Run } from '@facet/console';
import { Model } from '@facet/contracts';
import type { Command } from 'commander';
import { hookPointLines } from './models/hook-point-lines.ts';
import { addPullCommand } from './models/pull.ts';
import { addListVerb } from './verbs/list.ts';
import type { ResourceKind } from './verbs/resource-kind.ts';
import { addShowVerb } from './verbs/show.ts';

/** Adds `facet models list|show|pull`. */
export function addModelsCommands(program: Command, run: Run): void {
  const group = addGroup(
    program,
    'models',
    'list the models that are held and their hook points; get models',
  );
  addListVerb(group, run, MODELS);
  addShowVerb(group, run, MODELS);
  addPullCommand(group, run);
}

const COLUMNS: readonly Column<Model>[] = [
  { title: 'name', cell: ({ name }) => name },
  { title: 'type', cell: ({ modelType }) => modelType },
  { title: 'd_model', cell: ({ dModel }) => formatCount(dModel), align: 'right' },
  { title: 'layers', cell: ({ nLayers }) => String(nLayers), align: 'right' },
  { title: 'vocabulary', cell: ({ dVocab }) => formatCount(dVocab), align: 'right' },
  { title: 'context', cell: ({ nCtx }) => formatCount(nCtx), align: 'right' },
  { title: 'chat', cell: ({ chatTemplates }) => (chatTemplates.length > 0 ? 'yes' : 'no') },
  { title: 'weights', cell: weightsOf },
  { title: 'file', cell: ({ memory }) => sizeOf(memory?.fileBytes), align: 'right' },
  { title: 'mapped copy', cell: ({ memory }) => sizeOf(memory?.copyBytes), align: 'right' },
  { title: 'private', cell: ({ memory }) => sizeOf(memory?.privateBytes), align: 'right' },
  { title: 'budget', cell: ({ memory }) => sizeOf(memory?.budgetBytes), align: 'right' },
  { title: 'runs on', cell: ({ executionProvider }) => executionProvider },
];

/** `none` for no bytes; empty where an older service does not say. */
function sizeOf(bytes: bigint | undefined): string {
  if (bytes === undefined) return '';
  return bytes === 0n ? 'none' : formatBytes(bytes);
}

/** The memory of a model and of the process that holds it. */
function memoryFields({ memory }: Model): Field[] {
  if (memory === undefined) return [];
  const uses = memory.uses.map(({ purpose, bytes }) => `${purpose} ${formatBytes(bytes)}`).join(', ');
  return [
    ['file', sizeOf(memory.fileBytes)],
    ['mapped copy', sizeOf(memory.copyBytes)],
    ['private', uses === '' ? 'none' : `${formatBytes(memory.privateBytes)}: ${uses}`],
    [
      'budget',
      `${formatBytes(memory.heldBytes)} of ${formatBytes(memory.budgetBytes)} held by the process, ` +
        `${formatBytes(memory.processPrivateBytes)} as the system counts`,
    ],
  ];
}

const MODELS: ResourceKind<Model> = {
  noun: 'model',
  collection: 'models',
  get: async (clients, name, call) => (await clients.inference.getModel({ name }, call)).model,
  list: async (clients, page, call) => {
    const { models, nextPageToken } = await clients.inference.listModels(page, call);
    return { items: models, nextPageToken };
  },
  columns: COLUMNS,
  fields: modelFields,
  toJson: Model.toJSON,
};

function modelFields(model: Model): Field[] {
  const { nHeads, nKvHeads, dHead, hookPoints, bosTokenId, eosTokenIds } = model;
  return [
    ['name', model.name],
    ['type', model.modelType],
    ['d_model', String(model.dModel)],
    ['layers', String(model.nLayers)],
    ['heads', `${nHeads} of width ${dHead}, ${nKvHeads} for keys and values`],
    ['d_mlp', String(model.dMlp)],
    ['vocabulary', formatCount(model.dVocab)],
    ['context', `${formatCount(model.nCtx)} tokens`],
    ['BOS', bosTokenId === undefined ? 'none' : String(bosTokenId)],
    ['EOS', eosTokenIds.join(', ')],
    ['weights', `${weightsOf(model)}, sha256 ${model.lineage?.modelSha256 ?? ''}`],
    ...quantizationFields(model),
    ['chat templates', model.chatTemplates.join(', ') || 'none'],
    ['runs on', model.executionProvider],
    ...memoryFields(model),
    ...model.warnings.map((warning): Field => ['warning', warning]),
    ...hookPointLines(hookPoints).map((line, i): Field => [i === 0 ? 'hook points' : ' ', line]),
  ];
}

/** What the weights are held as; quantized ones are told from those that are computed with as they are stored. */
function weightsOf({ dtype, quantization }: Model): string {
  return quantization?.format ?? dtype.replace('DATA_TYPE_', '');
}

function quantizationFields({ dtype, quantization }: Model): Field[] {
  if (quantization === undefined) return [];
  const { blockSize, storedModelSha256, meanNll, storedMeanNll, measuredTokens } = quantization;
  const cost = meanNll - storedMeanNll;
  return [
    [
      'quantized',
      `in blocks of ${blockSize}, from ${dtype.replace('DATA_TYPE_', '')}, sha256 ${storedModelSha256}`,
    ],
    [
      'its loss',
      `${meanNll.toFixed(4)} nats a token, ${storedMeanNll.toFixed(4)} as stored (${cost < 0 ? '' : '+'}${cost.toFixed(4)}), ` +
        `over ${formatCount(measuredTokens)} tokens`,
    ],
  ];
}
