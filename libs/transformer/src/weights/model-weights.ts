import { FacetError } from '@facet/errors';
import type { DType, TensorEntry } from '@facet/tensor';
import type { ModelSpec } from '../config/model-spec.ts';
import {
  type BlockTensor,
  blockTensorName,
  EMBEDDING,
  FINAL_NORM,
  requireFamily,
  UNEMBEDDING,
} from '../families/registry.ts';

/** A weight where it lies: file, place and type; never its values. */
export interface Weight extends TensorEntry {
  /** File name inside the folder that holds all weight files. */
  file: string;
}

export interface BlockWeights extends Readonly<Record<Exclude<BlockTensor, BiasTensor>, Weight>> {
  qBias?: Weight;
  kBias?: Weight;
  vBias?: Weight;
  gateBias?: Weight;
  upBias?: Weight;
  downBias?: Weight;
}

type BiasTensor = 'qBias' | 'kBias' | 'vBias' | 'gateBias' | 'upBias' | 'downBias';

/** Every weight that the graph refers to; linear weights are [out, in]. */
export interface ModelWeights {
  /** [d_vocab, d_model] */
  embedding: Weight;
  /** [d_vocab, d_model]; the same weight as `embedding` when the two are tied. */
  unembedding: Weight;
  /** [d_model] */
  finalNorm: Weight;
  blocks: readonly BlockWeights[];
}

const SUPPORTED_DTYPES: readonly DType[] = ['F32', 'F16', 'BF16'];

/**
 * Finds every weight that `spec` needs; a missing one or a wrong shape is `invalid` and named with both
 * shapes.
 */
export function collectWeights(
  spec: ModelSpec,
  tensors: ReadonlyMap<string, Weight>,
  source: string,
): ModelWeights {
  const take = (name: string, shape: readonly number[]): Weight =>
    requireWeight(tensors, { name, shape, source });
  const vocabulary = [spec.d_vocab, spec.d_model];
  const hasEmbedding = tensors.has(EMBEDDING);
  const embedding = take(spec.tiedEmbeddings && !hasEmbedding ? UNEMBEDDING : EMBEDDING, vocabulary);
  const unembedding = spec.tiedEmbeddings ? embedding : take(UNEMBEDDING, vocabulary);
  const blocks = Array.from({ length: spec.n_layers }, (_, layer) => {
    const shapes = blockShapes(spec, source);
    const entries = Object.entries(shapes).map(([tensor, shape]) => [
      tensor,
      take(blockTensorName(layer, tensor as BlockTensor), shape),
    ]);
    return Object.fromEntries(entries) as BlockWeights;
  });
  const weights = { embedding, unembedding, finalNorm: take(FINAL_NORM, [spec.d_model]), blocks };
  requireAllUsed(weights, tensors, source);
  return weights;
}

/** Buffers that old checkpoints store and that follow from the config. */
const DERIVED = /(^|\.)rotary_emb\.(inv_freq|cos_cached|sin_cached)$/;

/**
 * Refuses a checkpoint with a tensor that the graph would ignore: the numbers would be wrong without a word. An
 * unembedding beside a tied embedding is another matter (see directory-checks.ts).
 */
function requireAllUsed(
  { embedding, unembedding, finalNorm, blocks }: ModelWeights,
  tensors: ReadonlyMap<string, Weight>,
  source: string,
): void {
  const all = [embedding, unembedding, finalNorm, ...blocks.flatMap((block) => Object.values(block))];
  const used = new Set([UNEMBEDDING, ...all.map((weight) => weight.name)]);
  for (const name of tensors.keys())
    if (!used.has(name) && !DERIVED.test(name))
      throw new FacetError(
        'unimplemented',
        `${source} stores ${name}, which this model type does not use here; correct model_type or delete the tensor`,
        {
          reason: 'WEIGHT_UNKNOWN',
        },
      );
}

function blockShapes(spec: ModelSpec, source: string): Partial<Record<BlockTensor, readonly number[]>> {
  const { d_model, d_mlp } = spec;
  const d_q = spec.n_heads * spec.d_head;
  const d_kv = spec.n_kv_heads * spec.d_head;
  const qkvBiases = { qBias: [d_q], kBias: [d_kv], vBias: [d_kv] };
  const mlpBiases = { gateBias: [d_mlp], upBias: [d_mlp], downBias: [d_model] };
  return {
    attentionNorm: [d_model],
    q: [d_q, d_model],
    k: [d_kv, d_model],
    v: [d_kv, d_model],
    o: [d_model, d_q],
    mlpNorm: [d_model],
    gate: [d_mlp, d_model],
    up: [d_mlp, d_model],
    down: [d_model, d_mlp],
    ...(requireFamily(spec.modelType, source).qkvBias ? qkvBiases : {}),
    ...(spec.mlpBias ? mlpBiases : {}),
  };
}

interface Wanted {
  name: string;
  shape: readonly number[];
  source: string;
}

function requireWeight(tensors: ReadonlyMap<string, Weight>, { name, shape, source }: Wanted): Weight {
  const weight = tensors.get(name);
  if (weight === undefined)
    throw new FacetError('invalid', `${source} has no tensor ${name} [${shape.join(', ')}]`, {
      reason: 'WEIGHT_MISSING',
    });
  if (weight.shape.length !== shape.length || weight.shape.some((extent, i) => extent !== shape[i]))
    throw new FacetError(
      'invalid',
      `${source} stores ${name} as [${weight.shape.join(', ')}]; config.json expects [${shape.join(', ')}]`,
      { reason: 'WEIGHT_SHAPE' },
    );
  if (!SUPPORTED_DTYPES.includes(weight.dtype))
    throw new FacetError(
      'unimplemented',
      `${source} stores ${name} as ${weight.dtype}; supported are ${SUPPORTED_DTYPES.join(', ')}`,
      { reason: 'WEIGHT_DTYPE' },
    );
  return weight;
}
