import { join } from 'node:path';
import type { ModelRuntime, ModelRuntimeOptions, OpenModelRuntime, Quantization } from '@facet/model-runtime';
import { rememberFileChecks, resolveWeightFiles } from '@facet/transformer';
import type { TokenizerPool } from '../tokens/tokenizer-pool.ts';
import { compareLosses, type LossComparison, type LossText } from './quantization-loss.ts';
import { formatOf } from './quantize-choice.ts';

/** How the matrices of a model are held, and the losses with and without. */
export interface HeldQuantization extends Quantization, LossComparison {
  textSha256: string;
}

export interface QuantizationOptions {
  directory: string;
  quantization: Quantization;
  tokenizer: TokenizerPool;
  text: LossText;
  openModelRuntime: OpenModelRuntime;
  /** Those of the quantized runtime. */
  runtime: ModelRuntimeOptions;
}

/** Tells what holding a model quantized costs: as remembered, else measured on the text against the stored weights. */
export async function describeQuantization(
  quantized: ModelRuntime,
  { directory, quantization, tokenizer, text, openModelRuntime, runtime }: QuantizationOptions,
): Promise<HeldQuantization> {
  const { quantization: _, ...stored } = runtime;
  const signal = runtime.signal ?? new AbortController().signal;
  const measure = () =>
    compareLosses({
      quantized,
      openStored: () => openModelRuntime(directory, stored),
      tokenizer,
      text,
      signal,
    });
  const { checksFile } = runtime;
  if (checksFile === undefined) return { ...quantization, ...(await measure()), textSha256: text.sha256 };
  const { folder, files } = await resolveWeightFiles(directory);
  const paths = [...files.map((file) => join(folder, file)), join(directory, 'tokenizer.json')];
  const question = `loss of ${formatOf(quantization)} ${quantized.identity.modelSha256} on ${text.sha256}`;
  const answer = await rememberFileChecks(checksFile).answer(question, paths, async () =>
    JSON.stringify(await measure()),
  );
  return { ...quantization, ...(JSON.parse(answer) as LossComparison), textSha256: text.sha256 };
}

/** Says in a sentence what quantizing cost. */
export function quantizationSentence({ quantized, stored, ...quantization }: HeldQuantization): string {
  const cost = quantized.meanNll - stored.meanNll;
  return (
    `quantized to ${formatOf(quantization)} in blocks of ${quantization.blockSize}: ${quantized.meanNll.toFixed(4)} nats a token, ` +
    `${stored.meanNll.toFixed(4)} as stored (${cost < 0 ? '' : '+'}${cost.toFixed(4)}), over ${quantized.tokens} tokens`
  );
}
