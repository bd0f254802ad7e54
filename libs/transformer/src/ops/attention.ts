import { MICROSOFT, type Value } from '@facet/onnx';
import { cacheNames, type GraphRequest, NAMES } from '../graph/graph-request.ts';
import type { BlockWeights } from '../weights/model-weights.ts';
import type { GraphEmitter } from './graph-emitter.ts';

/**
 * Emits one layer's attention: normed rows [B, T, d_model] to head outputs [B, T, n_heads·d_head], before
 * W_O.
 */
export type AttentionEmitter = (rows: Value, block: BlockWeights, layer: number) => Value;

/** Declares what attention needs once per graph and returns the emitter of the layers. */
export function createAttention(
  emitter: GraphEmitter,
  { attention: mode, causalBlocks }: Pick<GraphRequest, 'attention' | 'causalBlocks'>,
): AttentionEmitter {
  const { graph, spec, linear } = emitter;
  const [cos, sin] = emitRotaryTables(emitter);
  const positions = mode === 'cache' ? graph.input(NAMES.positions, 'I64', ['B', 'T']) : emitter.integers(0);
  const attend =
    mode === 'cache' ? createCachedAttention(emitter) : createContextAttention(emitter, causalBlocks);
  const rotate = (rows: Value, heads: number) =>
    graph.node('RotaryEmbedding', [rows, positions, cos, sin], {
      domain: MICROSOFT,
      attributes: { num_heads: heads },
    });
  return (rows, block, layer) => {
    const q = rotate(linear(rows, block.q, block.qBias), spec.n_heads);
    const k = rotate(linear(rows, block.k, block.kBias), spec.n_kv_heads);
    const v = linear(rows, block.v, block.vBias);
    return attend({ q, k, v, layer });
  };
}

interface Heads {
  q: Value;
  k: Value;
  v: Value;
  layer: number;
}

/** Causal attention over whole contexts; padding on the right changes nothing on its left. */
function createContextAttention(emitter: GraphEmitter, count: number) {
  const { graph, spec, integers } = emitter;
  const attributes = {
    q_num_heads: spec.n_heads,
    kv_num_heads: spec.n_kv_heads,
    scale: { float: 1 / Math.sqrt(spec.d_head) },
  };
  if (count === 1)
    return ({ q, k, v }: Heads): Value =>
      graph.node('Attention', [q, k, v], { attributes: { ...attributes, is_causal: 1 } });
  const blocks = emitCausalBlocks(emitter, count);
  return ({ q, k, v }: Heads): Value => {
    const slice = (rows: Value, from: Value, to: Value) => graph.node('Slice', [rows, from, to, integers(1)]);
    const parts = blocks.map(({ from, to, mask }) => {
      const inputs = [slice(q, from, to), slice(k, integers(0), to), slice(v, integers(0), to), mask];
      return graph.node('Attention', inputs, { attributes });
    });
    const joined = graph.node('Concat', parts, { attributes: { axis: 1 } });
    // ONNX's shape inference takes the unknown width of a slice for zero; this states it again.
    return graph.node('Reshape', [joined, integers(0, 0, spec.n_heads * spec.d_head)]);
  };
}

/** Queries [from, to) and which of the keys [0, to) each may see. */
interface CausalBlock {
  from: Value;
  to: Value;
  mask: Value;
}

/** Cuts the T positions into `count` blocks of ⌈T/count⌉; shared by all layers. */
function emitCausalBlocks({ graph, integers }: GraphEmitter, count: number): CausalBlock[] {
  const T = graph.node('Shape', [NAMES.tokens], { attributes: { start: 1, end: 2 } });
  const size = graph.node('Div', [graph.node('Add', [T, integers(count - 1)]), integers(count)]);
  const zero = graph.constant('zero', { dtype: 'I64', shape: [], data: BigInt64Array.of(0n) });
  const one = graph.constant('step', { dtype: 'I64', shape: [], data: BigInt64Array.of(1n) });
  const positions = graph.node('Range', [zero, graph.node('Squeeze', [T]), one]);
  const slice = (from: Value, to: Value) => graph.node('Slice', [positions, from, to]);
  return Array.from({ length: count }, (_, block) => {
    const from = graph.node('Mul', [size, integers(block)]);
    const to = graph.node('Mul', [size, integers(block + 1)]);
    const queries = graph.node('Unsqueeze', [slice(from, to), integers(1)]);
    const keys = graph.node('Unsqueeze', [slice(integers(0), to), integers(0)]);
    return { from, to, mask: graph.node('GreaterOrEqual', [queries, keys]) };
  });
}

/** Causal attention over a preallocated cache that the operator writes in place. */
function createCachedAttention({ graph, spec }: GraphEmitter) {
  const lastPosition = graph.input(NAMES.lastPosition, 'I32', ['B']);
  const totalLength = graph.input(NAMES.totalLength, 'I32', []);
  const shape = ['B', spec.n_kv_heads, 'P', spec.d_head];
  return ({ q, k, v, layer }: Heads): Value => {
    const names = cacheNames(layer);
    const past = names.map((name) => graph.input(name.past, 'F32', shape));
    const [output] = graph.nodes('GroupQueryAttention', [q, k, v, ...past, lastPosition, totalLength], {
      domain: MICROSOFT,
      attributes: {
        num_heads: spec.n_heads,
        kv_num_heads: spec.n_kv_heads,
        scale: { float: 1 / Math.sqrt(spec.d_head) },
      },
      outputs: [`attention.${layer}`, ...names.map((name) => name.present)],
    });
    for (const name of names) graph.output(name.present, 'F32', shape);
    return output!;
  };
}

/**
 * cos(p·θ^(−2i/d_head)) and sin, [n_ctx, d_head/2], computed in F32 as the reference implementations do. The
 * tables are written as an outer product, which the runtime folds at load: the graph stays small for any
 * context.
 */
function emitRotaryTables({ graph, spec, integers }: GraphEmitter): [Value, Value] {
  const { n_ctx, d_head, ropeTheta } = spec;
  const frequencies = Float32Array.from({ length: d_head / 2 }, (_, i) => ropeTheta ** ((-2 * i) / d_head));
  const frequency = graph.constant('frequencies', {
    dtype: 'F32',
    shape: [1, d_head / 2],
    data: frequencies,
  });
  const [from, to, by] = [0, n_ctx, 1].map((value) =>
    graph.constant(`range.${value}`, { dtype: 'F32', shape: [], data: Float32Array.of(value) }),
  );
  const range = graph.node('Range', [from!, to!, by!]);
  const angles = graph.node('Mul', [graph.node('Unsqueeze', [range, integers(1)]), frequency]);
  return [graph.node('Cos', [angles]), graph.node('Sin', [angles])];
}
