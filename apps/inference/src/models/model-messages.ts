import { DataType, Lineage, type Model, type ModelMemory, type Quantization } from '@facet/contracts';
import { formatName } from '@facet/mesh';
import { type ModelMemory as HeldMemory, privateBytes, totalBytes } from '@facet/model-runtime';
import type { DType } from '@facet/tensor';
import type { LoadedModel } from './loaded-model.ts';
import { formatOf } from './quantize-choice.ts';

const DATA_TYPES: Partial<Record<DType, DataType>> = {
  F32: DataType.F32,
  F16: DataType.F16,
  BF16: DataType.BF16,
};

/** Writes the resource of a held model. */
export function modelMessage(model: LoadedModel): Model {
  const { runtime, tokenizer, id, weightDtype } = model;
  const { spec } = runtime;
  const { bosTokenId, specialTokenIds, chatTemplates } = tokenizer.facts;
  return {
    name: formatName('models', id),
    modelType: spec.modelType,
    dModel: spec.d_model,
    nLayers: spec.n_layers,
    nHeads: spec.n_heads,
    nKvHeads: spec.n_kv_heads,
    dHead: spec.d_head,
    dMlp: spec.d_mlp,
    dVocab: spec.d_vocab,
    nCtx: spec.n_ctx,
    dtype: DATA_TYPES[weightDtype] ?? DataType.UNRECOGNIZED,
    bosTokenId,
    eosTokenIds: [...spec.eosTokenIds],
    hookPoints: runtime.hookPoints.map(({ name, layer, width }) => ({
      name,
      layer,
      dIn: width,
      steerable: true,
    })),
    lineage: lineageMessage(model),
    executionProvider: 'cpu',
    specialTokenIds: [...specialTokenIds],
    warnings: [...model.warnings],
    chatTemplates: [...chatTemplates],
    quantization: quantizationMessage(model),
    memory: memoryMessage(runtime.memory()),
  };
}

function memoryMessage({ fileBytes, copyBytes, held, heldByAll, limit }: HeldMemory): ModelMemory {
  return {
    fileBytes: BigInt(fileBytes),
    copyBytes: BigInt(copyBytes),
    privateBytes: BigInt(totalBytes(held)),
    uses: Object.entries(held).map(([purpose, bytes]) => ({ purpose, bytes: BigInt(bytes) })),
    heldBytes: BigInt(heldByAll),
    budgetBytes: BigInt(limit),
    processPrivateBytes: BigInt(privateBytes()),
  };
}

function quantizationMessage({ quantization, runtime }: LoadedModel): Quantization | undefined {
  if (quantization === undefined) return undefined;
  const { blockSize, quantized, stored, textSha256 } = quantization;
  return {
    format: formatOf(quantization),
    blockSize,
    storedModelSha256: runtime.identity.storedModelSha256,
    meanNll: quantized.meanNll,
    storedMeanNll: stored.meanNll,
    measuredTokens: quantized.tokens,
    textSha256,
  };
}

/** Writes the hashes that bind what a model computed to it. */
export function lineageMessage({ id, runtime }: LoadedModel): Lineage {
  const { modelSha256, tokenizerSha256 } = runtime.identity;
  return Lineage.fromPartial({ modelId: id, modelSha256, tokenizerSha256 });
}
