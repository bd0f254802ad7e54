import { FacetError } from '@facet/errors';
import { z } from 'zod';
import { layerOf, refuseOption, refuseStated, requireAgreement } from '../config-checks.ts';
import { type ToldHook, tellHook } from '../hook-names.ts';
import { MAX_CONFIG_BYTES, parseJsonConfig } from '../json-config.ts';
import { metadataSchema } from '../metadata-schema.ts';
import type { SaeMetadata } from '../sae.ts';
import type { TensorFile } from '../tensor-file.ts';
import { FACET_METADATA_KEY, type SaeFiles } from './sae-format.ts';

/** The configuration that lies beside `ae.pt`. */
export const CONFIG_FILE = 'config.json';

/** The dictionary classes that are read and written. */
export const DICT_CLASSES = [
  'AutoEncoder',
  'AutoEncoderNew',
  'GatedAutoEncoder',
  'AutoEncoderTopK',
  'BatchTopKSAE',
  'MatryoshkaBatchTopKSAE',
  'JumpReluAutoEncoder',
] as const;
export type DictClass = (typeof DICT_CLASSES)[number];

const trainerSchema = z.looseObject({
  dict_class: z.string(),
  trainer_class: z.string().nullish(),
  activation_dim: z.number().nullish(),
  dict_size: z.number().nullish(),
  k: z.number().nullish(),
  layer: z.union([z.number(), z.string()]).nullish(),
  lm_name: z.string().nullish(),
  submodule_name: z.string().nullish(),
});
const configSchema = z.looseObject({
  trainer: trainerSchema,
  buffer: z.looseObject({ ctx_len: z.number().int().nullish(), io: z.string().nullish() }).nullish(),
  [FACET_METADATA_KEY]: metadataSchema.optional(),
});
type Config = z.infer<typeof configSchema>;

/** What is known of a dictionary besides its tensors. */
export interface DictionaryFacts {
  dictClass: DictClass;
  /** As the configuration has it. */
  k?: number | undefined;
  d_in?: number | undefined;
  d_sae?: number | undefined;
  metadata: SaeMetadata;
  conversions: string[];
  /** Why the submodule that is named is no hook point. */
  hookProblem?: string | undefined;
}

/** Reads `config.json`; without one the class is told from the tensors, where they leave no doubt. */
export async function readFacts(
  files: SaeFiles,
  file: TensorFile,
  modelType: string | undefined,
): Promise<DictionaryFacts> {
  const { source } = files;
  if (!files.names.includes(CONFIG_FILE)) {
    const dictClass = classOf(file);
    return {
      dictClass,
      metadata: {},
      conversions: [`there is no config.json; the tensors are those of ${dictClass}`],
    };
  }
  const text = Buffer.from(await files.read(CONFIG_FILE, MAX_CONFIG_BYTES)).toString('utf8');
  const from = { source, file: CONFIG_FILE, format: 'dictionary_learning' };
  const config = parseJsonConfig(text, configSchema, from);
  const { trainer } = config;
  const dictClass = DICT_CLASSES.find((name) => name === trainer.dict_class);
  if (!dictClass) {
    const named = JSON.stringify(trainer.dict_class.slice(0, 60));
    throw new FacetError(
      'unimplemented',
      `${source}: the dict_class ${named} is not supported; ${DICT_CLASSES.join(', ')} are`,
    );
  }
  requireTrainer(trainer, source);
  requireSelection(trainer, source);
  const { hookPoint: hook, conversions, hookProblem } = toldHook(config, source, modelType);
  requireMetadata(config, hook, source);
  const metadata: SaeMetadata = {
    ...(trainer.lm_name && { model_name: trainer.lm_name }),
    ...(hook && { hook_name: hook }),
    ...(isNumber(config.buffer?.ctx_len) && { context_size: config.buffer.ctx_len }),
    ...config[FACET_METADATA_KEY],
  };
  return {
    dictClass,
    k: trainer.k ?? undefined,
    d_in: trainer.activation_dim ?? undefined,
    d_sae: trainer.dict_size ?? undefined,
    metadata,
    conversions,
    hookProblem,
  };
}

/** Tensors that only one class has. */
const SIGNATURES: readonly (readonly [tensor: string, dictClass: DictClass])[] = [
  ['bias', 'AutoEncoder'],
  ['decoder.bias', 'AutoEncoderNew'],
  ['gate_bias', 'GatedAutoEncoder'],
  ['group_sizes', 'MatryoshkaBatchTopKSAE'],
];

function classOf({ source, tensors }: TensorFile): DictClass {
  const known = SIGNATURES.find(([tensor]) => tensors.has(tensor))?.[1];
  if (known) return known;
  if (tensors.has('W_enc')) return 'JumpReluAutoEncoder';
  throw new FacetError(
    'invalid',
    `${source} has no config.json, and its tensors (${[...tensors.keys()].slice(0, 12).join(', ').slice(0, 200)}) are those of ` +
      'AutoEncoderTopK and of BatchTopKSAE, which encode differently; put the config.json of its trainer beside it',
    { reason: 'CONFIG_MISSING' },
  );
}

/** The library's trainers and the classes that they make. */
const TRAINERS: Readonly<Record<string, readonly DictClass[]>> = {
  StandardTrainer: ['AutoEncoder'],
  StandardTrainerAprilUpdate: ['AutoEncoder', 'AutoEncoderNew'],
  PAnnealTrainer: ['AutoEncoder'],
  GatedSAETrainer: ['GatedAutoEncoder'],
  GatedAnnealTrainer: ['GatedAutoEncoder'],
  TopKTrainer: ['AutoEncoderTopK'],
  BatchTopKTrainer: ['BatchTopKSAE'],
  MatryoshkaBatchTopKTrainer: ['MatryoshkaBatchTopKSAE'],
  JumpReluTrainer: ['JumpReluAutoEncoder'],
};

/** AutoEncoderTopK and BatchTopKSAE hold the same tensors: where class and trainer differ, either could be meant. */
function requireTrainer({ trainer_class, dict_class }: Config['trainer'], source: string): void {
  if (!trainer_class || !Object.hasOwn(TRAINERS, trainer_class)) return;
  const makes = TRAINERS[trainer_class]!;
  if (makes.some((name) => name === dict_class)) return;
  refuseStated(
    source,
    { name: 'dict_class', value: dict_class },
    `trainer_class is ${JSON.stringify(trainer_class)}, which makes ${makes.join(' or ')}; correct the one that is wrong`,
  );
}

const SELECTING: ReadonlySet<string> = new Set(['AutoEncoderTopK', 'BatchTopKSAE', 'MatryoshkaBatchTopKSAE']);

/** A k that nothing selects by means another class. */
function requireSelection({ k, dict_class }: Config['trainer'], source: string): void {
  if (SELECTING.has(dict_class)) return;
  refuseStated(
    source,
    { name: 'k', value: k },
    `dict_class is ${JSON.stringify(dict_class)}, which selects no k features; correct the one that is wrong`,
  );
}

/** The number of a layer in the name of a module, as the library's scripts and PyTorch write it. */
const LAYER_IN_NAME = /(?:^|[._])(?:layers?|blocks?|h)[._](\d{1,4})(?=[._]|$)/;

function toldHook({ trainer, buffer }: Config, source: string, modelType: string | undefined): ToldHook {
  const { submodule_name, layer, lm_name } = trainer;
  const io = buffer?.io ?? 'out';
  if (io !== 'in' && io !== 'out')
    refuseOption(source, { name: 'buffer.io', value: io }, 'only SAEs of one hook point are');
  if (!submodule_name) return { conversions: [] };
  const stated = numberOf(layer);
  const inName = LAYER_IN_NAME.exec(submodule_name)?.[1];
  const named = inName === undefined ? undefined : Number(inName);
  requireAgreement(
    source,
    { name: `the layer of submodule_name ${JSON.stringify(submodule_name.slice(0, 60))}`, value: named },
    { name: 'layer', value: stated ?? layer },
  );
  // The names are those of outputs: what goes into a module may be another hook point.
  const spelling = io === 'out' ? submodule_name : `${submodule_name}.input`;
  const hook = { spelling, layer: stated ?? named, model: modelType ?? lm_name ?? undefined };
  return tellHook(hook, "the trainer's submodule_name and layer");
}

/** What Facet kept in the file says what the trainer says. */
function requireMetadata(config: Config, hook: string | undefined, source: string): void {
  const kept = config[FACET_METADATA_KEY];
  const { trainer, buffer } = config;
  const pairs: [string, unknown, string, unknown][] = [
    ['submodule_name and layer', hook, 'hook_name', kept?.hook_name],
    ['lm_name', trainer.lm_name, 'model_name', kept?.model_name],
    ['ctx_len', buffer?.ctx_len, 'context_size', kept?.context_size],
  ];
  for (const [name, value, key, other] of pairs)
    requireAgreement(source, { name, value }, { name: `${FACET_METADATA_KEY}.${key}`, value: other });
  const layer = { name: 'layer', value: numberOf(trainer.layer) };
  const keptLayer = `the layer of ${FACET_METADATA_KEY}.hook_name ${kept?.hook_name}`;
  requireAgreement(source, layer, { name: keptLayer, value: layerOf(kept?.hook_name) });
}

function numberOf(layer: unknown): number | undefined {
  return /^\d{1,4}$/.test(String(layer)) ? Number(layer) : undefined;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
