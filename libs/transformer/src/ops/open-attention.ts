import type { Value } from '@facet/onnx';
import type { ModelSpec } from '../config/model-spec.ts';
import { createCausalBlocks } from './causal-blocks.ts';
import type { GraphEmitter } from './graph-emitter.ts';

/** What attention works on: queries [B, T, n_heads·d_head], keys and values [B, T, n_kv_heads·d_head], rotated. */
export interface Heads {
  q: Value;
  k: Value;
  v: Value;
  layer: number;
}

/** Attends to whole contexts; `see` is given the pattern [B, T, n_heads, T], by query, head and key. */
type OpenAttention = (heads: Heads, see: (pattern: Value) => void) => Value;

/**
 * Computes attention step by step, so that its pattern is a value of the graph: with s = cap(scale · q kᵀ), keys that a query does not
 * see at −∞, the pattern is softmax(s) and the heads give pattern · v. Query head h reads key head ⌊h / (n_heads / n_kv_heads)⌋.
 */
export function createOpenAttention(emitter: GraphEmitter): OpenAttention {
  const { graph, spec, integers } = emitter;
  const { n_heads, n_kv_heads, d_head } = spec;
  const blocksOf = createCausalBlocks(emitter, 1);
  const split = (rows: Value, heads: number, perm: number[]) => {
    const parts = graph.node('Reshape', [rows, integers(0, 0, heads, d_head)]);
    return graph.node('Transpose', [parts], { attributes: { perm } });
  };
  // All query heads of one key head stand under each other: [B, n_kv_heads, group·T, …].
  const grouped = (x: Value, width: Value) =>
    graph.node('Reshape', [x, graph.node('Concat', [integers(0, n_kv_heads, -1), width], FIRST_AXIS)]);
  return ({ q, k, v, layer }, see) => {
    const length = graph.node('Shape', [q], { attributes: { start: 1, end: 2 } });
    const queries = grouped(split(q, n_heads, HEADS_FIRST), integers(d_head));
    const products = graph.node('MatMul', [queries, split(k, n_kv_heads, TRANSPOSED)]);
    const byHead = graph.node('Concat', [integers(0, n_heads), length, length], FIRST_AXIS);
    const scores = emitScores(emitter, graph.node('Reshape', [products, byHead]), layer);
    const [block] = blocksOf(spec.layers[layer]!.window);
    const seen = graph.node('Where', [block!.mask, scores, emitter.number(Number.NEGATIVE_INFINITY)]);
    const pattern = graph.node('Softmax', [seen], { attributes: { axis: -1 } });
    see(graph.node('Transpose', [pattern], { attributes: { perm: HEADS_FIRST } }));
    const sums = graph.node('MatMul', [grouped(pattern, length), split(v, n_kv_heads, HEADS_FIRST)]);
    const heads = graph.node('Reshape', [
      sums,
      graph.node('Concat', [integers(0, n_heads), length, integers(d_head)], FIRST_AXIS),
    ]);
    const rows = graph.node('Transpose', [heads], { attributes: { perm: HEADS_FIRST } });
    return graph.node('Reshape', [rows, integers(0, 0, n_heads * d_head)]);
  };
}

const FIRST_AXIS = { attributes: { axis: 0 } };
/** [B, T, heads, d_head] to [B, heads, T, d_head], and back. */
const HEADS_FIRST = [0, 2, 1, 3];
/** [B, T, heads, d_head] to [B, heads, d_head, T]. */
const TRANSPOSED = [0, 2, 3, 1];

function emitScores({ graph, spec, number }: GraphEmitter, products: Value, layer: number): Value {
  const { scoreCap, layers }: ModelSpec = spec;
  const scaled = graph.node('Mul', [products, number(layers[layer]!.scale)]);
  if (scoreCap === null) return scaled;
  const cap = number(scoreCap);
  return graph.node('Mul', [graph.node('Tanh', [graph.node('Div', [scaled, cap])]), cap]);
}
