import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { FacetError, isFacetError } from '@facet/errors';
import { readSafetensorsHeader } from '@facet/tensor';
import { type ModelConfig, parseEndTokens, parseModelConfig } from '../config/model-config.ts';
import type { ModelSpec } from '../config/model-spec.ts';
import type { FamilyModel } from '../families/family.ts';
import {
  refuseAdapter,
  requireSameWeights,
  requireTiedHead,
  type StoredTensors,
} from './directory-checks.ts';
import { type FileChecks, UNREMEMBERED } from './file-checks.ts';
import { sha256File } from './file-hash.ts';
import { requireFiniteWeights } from './finite-weights.ts';
import { readModelText } from './model-text.ts';
import type { ModelWeights, Weight } from './model-weights.ts';
import { createTensorSource } from './tensor-source.ts';
import { resolveWeightFiles, type WeightFiles } from './weight-files.ts';

/** A checked Hugging Face checkpoint directory: what to compute, and where the weights lie. */
export interface ModelDirectory {
  spec: ModelSpec;
  weights: ModelWeights;
  /** The real folder that holds every weight file; graphs name files relative to it. */
  weightFolder: string;
  /** Bytes of all weight files. */
  weightBytes: number;
  /** sha256 of the weight file; of several files, sha256 over the lines `name:sha256` in name order. */
  modelSha256: string;
  /** sha256 of `tokenizer.json`. */
  tokenizerSha256: string;
  /** What was left out of account, in sentences for an operator. */
  warnings: readonly string[];
}

export interface LoadDirectoryOptions {
  signal?: AbortSignal | undefined;
  /** Who answers what takes a reading of all weights. @default they are read */
  checks?: FileChecks | undefined;
}

/**
 * Reads and checks a Hugging Face directory (`config.json`, `*.safetensors`, `tokenizer.json`): shapes
 * against the config, dtypes, finite values, that no weight file lies outside the directory, and that nothing
 * in it contradicts anything else. Weights stay on disk.
 */
export async function loadModelDirectory(
  directory: string,
  { signal, checks = UNREMEMBERED }: LoadDirectoryOptions = {},
): Promise<ModelDirectory> {
  const { spec, warnings, ...model } = await readConfig(directory);
  await refuseAdapter(directory);
  const tokenizerSha256 = await sha256File(join(directory, 'tokenizer.json'), signal);
  const files = await resolveWeightFiles(directory);
  const stored = await readTensors(files, directory);
  const weights = collectWeights(model, stored.tensors, directory);
  await checkWeights({ files, stored, weights, directory, checks, signal });
  return {
    spec,
    weights,
    weightFolder: files.folder,
    weightBytes: stored.bytes,
    modelSha256: await hashWeights(files, checks, signal),
    tokenizerSha256,
    warnings,
  };
}

/** Reads `config.json`; where a `generation_config.json` lies beside it, its end tokens count as well. */
async function readConfig(directory: string): Promise<Omit<ModelConfig, 'ignored'> & { warnings: string[] }> {
  const path = join(directory, 'config.json');
  const { spec, ignored, warnings: own = [], ...model } = parseModelConfig(await readModelText(path), path);
  const generationPath = join(directory, 'generation_config.json');
  const text = await readModelText(generationPath).catch((error: unknown) => {
    if (isFacetError(error) && error.kind === 'not-found') return '{}';
    throw error;
  });
  const eosTokenIds = [
    ...new Set([...spec.eosTokenIds, ...parseEndTokens(text, generationPath, spec.d_vocab)]),
  ];
  const unknown = `config.json has keys that are not known here and are ignored: ${ignored.join(', ').slice(0, 400)}`;
  const warnings = [...own, ...(ignored.length === 0 ? [] : [unknown])];
  return { ...model, spec: { ...spec, eosTokenIds }, warnings };
}

/** Buffers that old checkpoints store and that follow from the config. */
const DERIVED = /(^|\.)rotary_emb\.(inv_freq|cos_cached|sin_cached)$/;

/** Takes every weight that the model needs; one that is missing or left over is refused. */
export function collectWeights(
  { takeWeights, unused }: Pick<FamilyModel, 'takeWeights' | 'unused'>,
  tensors: ReadonlyMap<string, Weight>,
  directory: string,
): ModelWeights {
  const source = createTensorSource(tensors, directory);
  const weights = takeWeights(source);
  source.requireAllTaken((name) => DERIVED.test(name) || unused?.test(name) === true);
  return weights;
}

interface WeightCheck extends LoadDirectoryOptions {
  files: WeightFiles;
  stored: StoredTensors;
  weights: ModelWeights;
  directory: string;
  checks: FileChecks;
}

/** Reads all weights: they must be finite, and those that are stored twice the same. */
async function checkWeights({
  files,
  stored,
  weights,
  directory,
  checks,
  signal,
}: WeightCheck): Promise<void> {
  const found = (check: Promise<void>) => check.then(() => 'yes');
  const pathsOf = ({ folder, files: names }: WeightFiles) => names.map((name) => join(folder, name));
  for (const path of pathsOf(files))
    await checks.answer('finite', [path], () => found(requireFiniteWeights(path, signal)));
  const { embedding, spareHead } = weights;
  if (spareHead !== undefined)
    await checks.answer(
      `same ${embedding.name} and ${spareHead.name}`,
      [embedding, spareHead].map(({ file }) => join(stored.folder, file)),
      () => found(requireTiedHead(weights, stored, signal)),
    );
  const { single } = files;
  if (single === undefined) return;
  const other = await readTensors(single, directory);
  await checks.answer('same weights', [...pathsOf(files), ...pathsOf(single)], () =>
    found(requireSameWeights(other, stored, signal)),
  );
}

/** Reads the headers of all files: every tensor once, each where the index says. */
async function readTensors(
  { folder, files, index }: WeightFiles,
  directory: string,
): Promise<StoredTensors & { bytes: number }> {
  const tensors = new Map<string, Weight>();
  let bytes = 0;
  for (const file of files) {
    const header = await readSafetensorsHeader(join(folder, file));
    bytes += header.fileBytes;
    for (const entry of header.entries.values()) addTensor(tensors, { ...entry, file }, directory);
  }
  for (const [name, file] of index ?? [])
    if (tensors.get(name)?.file !== file)
      throw new FacetError(
        'invalid',
        `the index of ${directory} puts ${name.slice(0, 100)} into ${file}, ` +
          `but it lies in ${tensors.get(name)?.file ?? 'none of its files'}; write the index again`,
        { reason: 'WEIGHTS_CONTRADICTORY' },
      );
  return { folder, tensors, bytes };
}

function addTensor(tensors: Map<string, Weight>, weight: Weight, directory: string): void {
  const other = tensors.get(weight.name);
  if (other !== undefined)
    throw new FacetError(
      'invalid',
      `${directory} stores ${weight.name} in both ${other.file} and ${weight.file}`,
      {
        reason: 'WEIGHT_TWICE',
      },
    );
  tensors.set(weight.name, weight);
}

/** Identifies the weights by the names that the directory gives its files, wherever their bytes lie. */
async function hashWeights(
  { folder, files, names }: WeightFiles,
  checks: FileChecks,
  signal?: AbortSignal,
): Promise<string> {
  const hashes: string[] = [];
  for (const file of files) {
    const path = join(folder, file);
    hashes.push(await checks.answer('sha256', [path], () => sha256File(path, signal)));
  }
  if (hashes.length === 1) return hashes[0]!;
  const lines = names.map((name, i) => `${name}:${hashes[i]}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}
