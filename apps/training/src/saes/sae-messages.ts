import type { SaeFacts, SaeSource } from '@facet/artifacts';
import {
  type ImportSource,
  type LateFacts,
  Lineage as LineageMessage,
  type Sae as SaeMessage,
  type Tensor,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { requestTensors } from '@facet/mesh';
import type { Lineage, ManifestFile } from '@facet/objects';
import { SAELENS_WEIGHTS_FILE, type SaeMetadata } from '@facet/sae';
import { toEvaluation } from '../runs/messages/run-messages.ts';
import { fromMetrics } from '../worker/training-evaluation.ts';
import type { RegisteredSae } from './describe-sae.ts';

/** Largest tensor of a request, bytes. */
export const MAX_TENSOR_BYTES = 1 << 20;

/** Writes an SAE of the registry. */
export function toSae({ id, manifest, cfg, configJson, texts, parity, facts }: RegisteredSae): SaeMessage {
  const { body, lineage, createTime, files } = manifest;
  const measured = Object.keys(body.metrics).length > 0;
  const { engine, backend } = trainedOn(cfg.metadata);
  return {
    name: `saes/${id}`,
    architecture: body.architecture,
    dIn: body.d_in,
    dSae: body.d_sae,
    k: body.architecture === 'topk' ? (body.k ?? 0) : 0,
    model: lineage.modelId && `models/${lineage.modelId}`,
    hookPoint: lineage.hookPoint ?? '',
    lineage: toLineage(lineage, files),
    evaluation: measured ? toEvaluation({ ...fromMetrics(body.metrics), backend }, engine) : undefined,
    inferenceThreshold: cfg.metadata.inference_threshold ?? facts?.threshold?.value,
    ...texts,
    configJson,
    createTime: new Date(createTime),
    parity,
    source: body.source && toImportSource(body.source),
    lateFacts: facts && toLateFacts(facts),
  };
}

/** What an SAE of this service says it was trained by; nothing for others. */
function trainedOn({ training_engine, training_backend }: SaeMetadata): { engine: string; backend: string } {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return { engine: text(training_engine), backend: text(training_backend) };
}

function toLateFacts({ activationSetId, time, model, threshold }: SaeFacts): LateFacts {
  return {
    activationSet: `activationSets/${activationSetId}`,
    time: new Date(time),
    boundModel: model !== undefined,
    calibratedRows: BigInt(threshold?.rows ?? 0),
  };
}

function toImportSource({ format, files, conversions }: SaeSource): ImportSource {
  const written = Object.entries(files).map(([name, { bytes, sha256 }]) => ({
    name,
    bytes: BigInt(bytes),
    sha256,
  }));
  return { format, files: written, conversions };
}

/** Writes a lineage with the hash of the SAE's weights file. */
export function toLineage(lineage: Lineage, files: Readonly<Record<string, ManifestFile>>): LineageMessage {
  return LineageMessage.fromPartial({ ...lineage, saeSha256: files[SAELENS_WEIGHTS_FILE]?.sha256 });
}

/** Reads the rows of an encode request, F32 [n, d_in]. */
export function readRows(tensor: Tensor | undefined, d_in: number): { x: Float32Array; rows: number } {
  const bytes = tensor?.data.byteLength ?? 0;
  if (bytes > MAX_TENSOR_BYTES) {
    const message = `activations has ${bytes} bytes; at most ${MAX_TENSOR_BYTES} fit one request`;
    throw new FacetError('invalid', message, { field: 'activations' });
  }
  const x = requestTensors.floats(tensor, ['n', d_in], 'activations');
  return { x, rows: x.length / d_in };
}
