import type { Value } from '@facet/onnx';
import type { GraphEmitter } from './graph-emitter.ts';
import { emitNorm } from './norm.ts';

/** Logits [K, d_vocab] of rows [K, d_model] of the final stream: cap(scale · W_U norm(x) + b), cap(y) = c · tanh(y / c). */
export function emitLogits(emitter: GraphEmitter, rows: Value): Value {
  const { graph, spec, weights, linear, number } = emitter;
  const { scale, cap } = spec.logits;
  const product = linear(emitNorm(emitter, rows, weights.finalNorm), weights.unembedding);
  const scaled = scale === 1 ? product : graph.node('Mul', [product, number(scale)]);
  if (cap === null) return scaled;
  const bent = graph.node('Tanh', [graph.node('Div', [scaled, number(cap)])]);
  return graph.node('Mul', [bent, number(cap)]);
}
