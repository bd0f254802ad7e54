import { createGraph, elementType, type GraphBuilder, MICROSOFT, type Value } from '@facet/onnx';
import type { ModelSpec } from '../config/model-spec.ts';
import type { Linear, ModelWeights, Weight } from '../weights/model-weights.ts';

/** A model as graphs are written from it: what is computed, and where the weights lie. */
export interface GraphModel {
  spec: ModelSpec;
  weights: ModelWeights;
}

/** Writes the recurring pieces of a transformer into one graph. */
export interface GraphEmitter extends GraphModel {
  graph: GraphBuilder;
  /** Refers to a weight where it lies; F16 and BF16 are cast to F32, which the runtime folds at load. */
  weight(weight: Weight): Value;
  /** x · Wᵀ (+ bias). */
  linear(x: Value, linear: Linear): Value;
  /** A list of whole numbers, for shapes and axes; equal lists are stored once. */
  integers(...values: number[]): Value;
  /** One number [1]; equal ones are stored once. */
  number(value: number): Value;
  /** Adds what `write` makes under `name`, once. */
  once(name: string, write: (name: string) => Value): Value;
}

/** Starts a graph called `name` over the weights of a model. */
export function createEmitter({ spec, weights }: GraphModel, name: string): GraphEmitter {
  const graph = createGraph(name);
  const once: GraphEmitter['once'] = (value, write) => (graph.has(value) ? value : write(value));

  const weight = (entry: Weight): Value => {
    const { dtype, shape, file, byteOffset, byteLength } = entry;
    const data = { location: file, offset: byteOffset, length: byteLength };
    const stored = () => once(entry.name, (name) => graph.external(name, { dtype, shape, data }));
    if (dtype === 'F32') return stored();
    const attributes = { to: elementType('F32') };
    return once(`${entry.name}.f32`, (name) =>
      graph.node('Cast', [stored()], { attributes, outputs: [name] }),
    );
  };

  return {
    graph,
    spec,
    weights,
    weight,
    linear(x, { weight: matrix, bias, isTransposed }) {
      const inputs = [x, weight(matrix)];
      const product = isTransposed
        ? graph.node('MatMul', inputs)
        : graph.node('FusedMatMul', inputs, { domain: MICROSOFT, attributes: { transB: 1 } });
      return bias === undefined ? product : graph.node('Add', [product, weight(bias)]);
    },
    integers: (...values) =>
      once(`integers(${values.join(',')})`, (name) => {
        const data = BigInt64Array.from(values, BigInt);
        return graph.constant(name, { dtype: 'I64', shape: [values.length], data });
      }),
    number: (value) =>
      once(`number(${value})`, (name) =>
        graph.constant(name, { dtype: 'F32', shape: [1], data: Float32Array.of(value) }),
      ),
    once,
  };
}
