import type { Value } from '@facet/onnx';
import type { Norm } from '../weights/model-weights.ts';
import type { GraphEmitter } from './graph-emitter.ts';

/** RMSNorm x / √(mean x² + ε) · (w + offset), or LayerNorm with its bias, over the last axis. */
export function emitNorm(emitter: GraphEmitter, x: Value, norm: Norm): Value {
  const { graph, spec, weight } = emitter;
  const attributes = { axis: -1, epsilon: { float: spec.norm.epsilon }, stash_type: 1 };
  if (norm.bias === undefined)
    return graph.node('SimplifiedLayerNormalization', [x, normWeight(emitter, norm)], { attributes });
  return graph.node('LayerNormalization', [x, normWeight(emitter, norm), weight(norm.bias)], { attributes });
}

/** RMSNorm without its weight: x / √(mean x² + ε) for rows of `width` floats. */
export function emitUnweightedNorm({ graph, spec, once }: GraphEmitter, x: Value, width: number): Value {
  const ones = once(`ones(${width})`, (name) =>
    graph.constant(name, { dtype: 'F32', shape: [width], data: new Float32Array(width).fill(1) }),
  );
  const attributes = { axis: -1, epsilon: { float: spec.norm.epsilon }, stash_type: 1 };
  return graph.node('SimplifiedLayerNormalization', [x, ones], { attributes });
}

/** The weight that a norm multiplies with: the stored one, and 1 more in the families that store w − 1. */
export function normWeight(
  { graph, spec, weight, number, once }: GraphEmitter,
  { weight: stored }: Norm,
): Value {
  const { offset } = spec.norm;
  if (offset === 0) return weight(stored);
  return once(`${stored.name}.shifted`, (name) =>
    graph.node('Add', [weight(stored), number(offset)], { outputs: [name] }),
  );
}
