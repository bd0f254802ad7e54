import { type FloatAttribute, MICROSOFT, type Value } from '@facet/onnx';
import type { ModelSpec } from '../config/model-spec.ts';
import { cacheNames, type GraphRequest, NAMES } from '../graph/graph-request.ts';
import { PATTERN, type ReadKind } from '../hooks/hook-points.ts';
import type { AttentionWeights, Norm } from '../weights/model-weights.ts';
import { createCausalBlocks } from './causal-blocks.ts';
import type { GraphEmitter } from './graph-emitter.ts';
import { emitNorm } from './norm.ts';
import { createOpenAttention, type Heads } from './open-attention.ts';
import { emitRotation, isLengthDependent } from './rope.ts';

/** One layer's attention: what it reads, its weights, and where its hook points are visited. */
export interface AttentionLayer {
  rows: Value;
  weights: AttentionWeights;
  layer: number;
  at(kind: ReadKind, value: Value): Value;
  /** Whether anything is read or changed there. */
  isVisited(kind: ReadKind): boolean;
}

/** Emits one layer's attention: normed rows [B, T, d_model] to what W_O makes of the heads [B, T, d_model]. */
export type AttentionEmitter = (layer: AttentionLayer) => Value;

/** Declares what attention needs once per graph and returns the emitter of the layers. */
export function createAttention(
  emitter: GraphEmitter,
  { attention: mode, causalBlocks }: Pick<GraphRequest, 'attention' | 'causalBlocks'>,
): AttentionEmitter {
  const { graph, spec, linear, integers } = emitter;
  const needsPositions = mode === 'cache' || isLengthDependent(spec);
  const positions = needsPositions ? graph.input(NAMES.positions, 'I64', ['B', 'T']) : integers(0);
  const attend =
    mode === 'cache' ? createCachedAttention(emitter) : createContextAttention(emitter, causalBlocks);
  const attendOpenly = createOpenAttention(emitter);
  return ({ rows, weights, layer, at, isVisited }) => {
    const { rotary } = spec.layers[layer]!;
    const prepare = (x: Value, heads: number, norm: Norm | undefined) => {
      const normed = norm ? emitHeadNorm(emitter, x, norm) : x;
      return rotary ? emitRotation(emitter, normed, { rotary, heads, positions }) : normed;
    };
    const [q, k, v] = emitProducts(emitter, rows, { weights, layer });
    const prepared: Heads = {
      q: prepare(at('attn.hook_q', q), spec.n_heads, weights.qNorm),
      k: prepare(at('attn.hook_k', k), spec.n_kv_heads, weights.kNorm),
      v: at('attn.hook_v', v),
      layer,
    };
    const heads = isVisited(PATTERN)
      ? attendOpenly(prepared, (pattern) => at(PATTERN, pattern))
      : attend(prepared);
    return linear(at('attn.hook_z', heads), weights.out);
  };
}

/** q, k and v [B, T, heads·d_head], from three products or from one that is split. */
function emitProducts(
  { graph, spec, linear, integers }: GraphEmitter,
  rows: Value,
  { weights: { qkv }, layer }: { weights: AttentionWeights; layer: number },
): [Value, Value, Value] {
  if ('q' in qkv) return [linear(rows, qkv.q), linear(rows, qkv.k), linear(rows, qkv.v)];
  const product = linear(rows, qkv.fused);
  const outputs = ['q', 'k', 'v'].map((part) => `product.${layer}.${part}`);
  const { n_heads, n_kv_heads, d_head } = spec;
  if (qkv.order === 'parts') {
    const widths = integers(n_heads * d_head, n_kv_heads * d_head, n_kv_heads * d_head);
    return graph.nodes('Split', [product, widths], { attributes: { axis: -1 }, outputs }) as [
      Value,
      Value,
      Value,
    ];
  }
  const heads = graph.node('Reshape', [product, integers(0, 0, n_heads, 3 * d_head)]);
  const parts = graph.nodes('Split', [heads, integers(d_head, d_head, d_head)], {
    attributes: { axis: -1 },
    outputs,
  });
  const flat = parts.map((part) => graph.node('Reshape', [part, integers(0, 0, n_heads * d_head)]));
  return flat as [Value, Value, Value];
}

/** Normalises as many floats at once as the norm has weights: every head by itself, or all heads together. */
function emitHeadNorm(emitter: GraphEmitter, x: Value, norm: Norm): Value {
  const { graph, spec, integers } = emitter;
  const width = norm.weight.shape[0]!;
  if (width !== spec.d_head) return emitNorm(emitter, x, norm);
  const heads = graph.node('Reshape', [x, integers(0, 0, -1, width)]);
  return graph.node('Reshape', [emitNorm(emitter, heads, norm), graph.node('Shape', [x])]);
}

/** Causal attention over whole contexts; padding on the right changes nothing on its left. */
function createContextAttention(emitter: GraphEmitter, count: number) {
  const { graph, spec, integers } = emitter;
  const blocksOf = createCausalBlocks(emitter, count);
  return ({ q, k, v, layer }: Heads): Value => {
    const { window } = spec.layers[layer]!;
    const attributes = {
      q_num_heads: spec.n_heads,
      kv_num_heads: spec.n_kv_heads,
      ...scoreAttributes(spec, layer),
    };
    if (count === 1 && window === null)
      return graph.node('Attention', [q, k, v], { attributes: { ...attributes, is_causal: 1 } });
    const slice = (rows: Value, from: Value, to: Value) => graph.node('Slice', [rows, from, to, integers(1)]);
    const parts = blocksOf(window).map(({ from, to, first, mask }) => {
      const inputs = [slice(q, from, to), slice(k, first, to), slice(v, first, to), mask];
      return graph.node('Attention', inputs, { attributes });
    });
    const joined = parts.length === 1 ? parts[0]! : graph.node('Concat', parts, { attributes: { axis: 1 } });
    // ONNX's shape inference takes the unknown width of a slice for zero; this states it again.
    return graph.node('Reshape', [joined, integers(0, 0, spec.n_heads * spec.d_head)]);
  };
}

function scoreAttributes({ layers, scoreCap }: ModelSpec, layer: number): Record<string, FloatAttribute> {
  const scale = { float: layers[layer]!.scale };
  return scoreCap === null ? { scale } : { scale, softcap: { float: scoreCap } };
}

/** GroupQueryAttention takes head sizes that are multiples of this; smaller heads are filled up with zeros. */
const HEAD_MULTIPLE = 8;

/** Floats of a head in the cache. */
export function cachedHeadWidth({ d_head }: Pick<ModelSpec, 'd_head'>): number {
  return Math.ceil(d_head / HEAD_MULTIPLE) * HEAD_MULTIPLE;
}

/** Causal attention over a preallocated cache that the operator writes in place. */
function createCachedAttention(emitter: GraphEmitter) {
  const { graph, spec } = emitter;
  const lastPosition = graph.input(NAMES.lastPosition, 'I32', ['B']);
  const totalLength = graph.input(NAMES.totalLength, 'I32', []);
  const width = cachedHeadWidth(spec);
  const shape = ['B', spec.n_kv_heads, 'P', width];
  return ({ q, k, v, layer }: Heads): Value => {
    const names = cacheNames(layer);
    const past = names.map((name) => graph.input(name.past, 'F32', shape));
    const { window } = spec.layers[layer]!;
    const filled = [q, k, v].map((rows) => fillHeads(emitter, rows, width));
    const [output] = graph.nodes('GroupQueryAttention', [...filled, ...past, lastPosition, totalLength], {
      domain: MICROSOFT,
      attributes: {
        num_heads: spec.n_heads,
        kv_num_heads: spec.n_kv_heads,
        ...scoreAttributes(spec, layer),
        ...(window === null ? {} : { local_window_size: window }),
      },
      outputs: [`attention.${layer}`, ...names.map((name) => name.present)],
    });
    for (const name of names) graph.output(name.present, 'F32', shape);
    return cutHeads(emitter, output!, width);
  };
}

function fillHeads({ graph, spec, integers }: GraphEmitter, rows: Value, width: number): Value {
  const missing = width - spec.d_head;
  if (missing === 0) return rows;
  const heads = graph.node('Reshape', [rows, integers(0, 0, -1, spec.d_head)]);
  const filled = graph.node('Pad', [heads, integers(0, 0, 0, 0, 0, 0, 0, missing)]);
  return graph.node('Reshape', [filled, integers(0, 0, -1)]);
}

function cutHeads({ graph, spec, integers }: GraphEmitter, rows: Value, width: number): Value {
  if (width === spec.d_head) return rows;
  const heads = graph.node('Reshape', [rows, integers(0, 0, spec.n_heads, width)]);
  const cut = graph.node('Slice', [heads, integers(0), integers(spec.d_head), integers(3)]);
  return graph.node('Reshape', [cut, integers(0, 0, spec.n_heads * spec.d_head)]);
}
