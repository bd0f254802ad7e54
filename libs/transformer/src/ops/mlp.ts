import type { Value } from '@facet/onnx';
import type { Activation } from '../config/model-spec.ts';
import type { MlpWeights } from '../weights/model-weights.ts';
import type { GraphEmitter } from './graph-emitter.ts';

/** The neurons of an MLP [B, T, d_mlp]: act(h · W_gateᵀ) ⊙ h · W_upᵀ, or act(h · W_upᵀ) without a gate. */
export function emitNeurons(emitter: GraphEmitter, h: Value, { up, gate }: MlpWeights): Value {
  const { graph, spec, linear } = emitter;
  const activate = (x: Value) => ACTIVATIONS[spec.mlp.activation](emitter, x);
  if (gate === undefined) return activate(linear(h, up));
  return graph.node('Mul', [activate(linear(h, gate)), linear(h, up)]);
}

/** √(2/π) and the cubic share are those of GELU's usual approximation; ONNX's Gelu has the same. */
const ACTIVATIONS: Readonly<Record<Activation, (emitter: GraphEmitter, x: Value) => Value>> = {
  silu: ({ graph }, x) => graph.node('Mul', [x, graph.node('Sigmoid', [x])]),
  gelu: ({ graph }, x) => graph.node('Gelu', [x]),
  'gelu-tanh': ({ graph }, x) => graph.node('Gelu', [x], { attributes: { approximate: 'tanh' } }),
  'gelu-quick': ({ graph, number }, x) =>
    graph.node('Mul', [x, graph.node('Sigmoid', [graph.node('Mul', [x, number(1.702)])])]),
  relu: ({ graph }, x) => graph.node('Relu', [x]),
  relu2({ graph }, x) {
    const positive = graph.node('Relu', [x]);
    return graph.node('Mul', [positive, positive]);
  },
};
