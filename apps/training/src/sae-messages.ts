import {
  DataType,
  type Lineage as LineageMessage,
  type Sae as SaeMessage,
  type Tensor,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import type { Lineage, ManifestFile } from '@facet/objects';
import { SAELENS_WEIGHTS_FILE } from '@facet/sae';
import { bytesOf } from '@facet/tensor';
import { toEvaluation } from './run-messages.ts';
import type { RegisteredSae } from './sae-registry.ts';
import { fromMetrics } from './training-task.ts';

/** Largest tensor of a request, bytes. */
export const MAX_TENSOR_BYTES = 1 << 20;

/** Writes an SAE of the registry. */
export function toSae({ id, manifest, cfg, configJson, texts, parity }: RegisteredSae): SaeMessage {
  const { body, lineage, createTime, files } = manifest;
  const measured = Object.keys(body.metrics).length > 0;
  const engine = typeof cfg.metadata.training_engine === 'string' ? cfg.metadata.training_engine : '';
  return {
    name: `saes/${id}`,
    architecture: body.architecture,
    dIn: body.d_in,
    dSae: body.d_sae,
    k: body.architecture === 'topk' ? (body.k ?? 0) : 0,
    model: `models/${lineage.modelId}`,
    hookPoint: lineage.hookPoint ?? '',
    lineage: toLineage(lineage, files),
    evaluation: measured ? toEvaluation(fromMetrics(body.metrics), engine) : undefined,
    inferenceThreshold: cfg.metadata.inference_threshold,
    ...texts,
    configJson,
    createTime: new Date(createTime),
    parity,
  };
}

/** Writes a lineage with the hash of the SAE's weights file. */
export function toLineage(lineage: Lineage, files: Readonly<Record<string, ManifestFile>>): LineageMessage {
  return {
    modelId: lineage.modelId,
    modelSha256: lineage.modelSha256,
    tokenizerSha256: lineage.tokenizerSha256,
    corpusSha256: lineage.corpusSha256 ?? '',
    hookPoint: lineage.hookPoint ?? '',
    normalization: lineage.normalization ?? '',
    saeId: lineage.saeId ?? '',
    saeSha256: files[SAELENS_WEIGHTS_FILE]?.sha256 ?? '',
    activationSetId: lineage.activationSetId ?? '',
    activationSetSha256: lineage.activationSetSha256 ?? '',
  };
}

/** Writes values of `shape` without a copy. */
export function floatTensor(values: Float32Array, shape: number[]): Tensor {
  return { dtype: DataType.F32, shape, data: toBuffer(values) };
}

/** Writes indices or offsets as I32. */
export function indexTensor(values: Uint32Array): Tensor {
  return { dtype: DataType.I32, shape: [values.length], data: toBuffer(values) };
}

/** Reads the rows of an encode request, F32 [n, d_in]. */
export function readRows(tensor: Tensor | undefined, d_in: number): { x: Float32Array; rows: number } {
  if (!tensor) throw invalid('activations is missing; give F32 [n, d_in]');
  const { dtype, shape, data } = tensor;
  const [rows, width] = shape;
  if (dtype !== DataType.F32 || shape.length !== 2 || width !== d_in) {
    throw invalid(`activations is ${dtype} [${shape.join(', ')}]; this SAE reads F32 [n, ${d_in}]`);
  }
  if (data.byteLength !== rows * d_in * 4) {
    throw invalid(`activations has ${data.byteLength} bytes; [${shape.join(', ')}] needs ${rows * d_in * 4}`);
  }
  if (data.byteLength > MAX_TENSOR_BYTES) {
    throw invalid(`activations has ${data.byteLength} bytes; at most ${MAX_TENSOR_BYTES} fit one request`);
  }
  // A copy: a message's bytes may begin at any offset, a Float32Array may not.
  return { x: new Float32Array(Uint8Array.from(data).buffer), rows };
}

function toBuffer(view: ArrayBufferView): Buffer {
  const { buffer, byteOffset, byteLength } = bytesOf(view);
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

function invalid(message: string): FacetError {
  return new FacetError('invalid', message, { field: 'activations' });
}
