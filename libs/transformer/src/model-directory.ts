import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { FacetError, isFacetError } from '@facet/errors';
import { readSafetensorsHeader } from '@facet/tensor';
import { requireFiniteWeights } from './finite-weights.ts';
import { parseEndTokens, parseModelConfig } from './model-config.ts';
import type { ModelSpec } from './model-spec.ts';
import { missingFile, readModelText, throwIfCancelled } from './model-text.ts';
import { collectWeights, type ModelWeights, type Weight } from './model-weights.ts';
import { resolveWeightFiles } from './weight-files.ts';

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
}

/**
 * Reads and checks a Hugging Face directory (`config.json`, `*.safetensors`, `tokenizer.json`): shapes
 * against the config, dtypes, finite values, and that no weight file lies outside the directory. Weights stay
 * on disk.
 */
export async function loadModelDirectory(directory: string, signal?: AbortSignal): Promise<ModelDirectory> {
  const spec = await readSpec(directory);
  const tokenizerSha256 = await sha256File(join(directory, 'tokenizer.json'), signal);
  const { folder, files } = await resolveWeightFiles(directory);
  const tensors = new Map<string, Weight>();
  let weightBytes = 0;
  for (const file of files) {
    const header = await readSafetensorsHeader(join(folder, file));
    weightBytes += header.fileBytes;
    for (const entry of header.entries.values()) addTensor(tensors, { ...entry, file }, directory);
  }
  const weights = collectWeights(spec, tensors, directory);
  for (const file of files) await requireFiniteWeights(join(folder, file), signal);
  const modelSha256 = await hashWeights(folder, files, signal);
  return { spec, weights, weightFolder: folder, weightBytes, modelSha256, tokenizerSha256 };
}

/** Reads `config.json`; where a `generation_config.json` lies beside it, its end tokens count as well. */
async function readSpec(directory: string): Promise<ModelSpec> {
  const path = join(directory, 'config.json');
  const spec = parseModelConfig(await readModelText(path), path);
  const generationPath = join(directory, 'generation_config.json');
  const text = await readModelText(generationPath).catch((error: unknown) => {
    if (isFacetError(error) && error.kind === 'not-found') return '{}';
    throw error;
  });
  const eosTokenIds = [...new Set([...spec.eosTokenIds, ...parseEndTokens(text, generationPath)])];
  return { ...spec, eosTokenIds };
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

async function hashWeights(folder: string, files: readonly string[], signal?: AbortSignal): Promise<string> {
  const hashes: string[] = [];
  for (const file of files) hashes.push(await sha256File(join(folder, file), signal));
  if (hashes.length === 1) return hashes[0]!;
  const lines = files.map((file, i) => `${file}:${hashes[i]}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

async function sha256File(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { signal, highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  } catch (cause) {
    throwIfCancelled(signal, path);
    throw missingFile(cause, path);
  }
  return hash.digest('hex');
}
