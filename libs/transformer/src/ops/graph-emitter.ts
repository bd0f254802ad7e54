import { createGraph, elementType, type GraphBuilder, MICROSOFT, type Value } from '@facet/onnx';
import type { ModelSpec } from '../config/model-spec.ts';
import type { ModelDirectory } from '../weights/model-directory.ts';
import type { ModelWeights, Weight } from '../weights/model-weights.ts';

/** Writes the recurring pieces of a transformer into one graph. */
export interface GraphEmitter {
  graph: GraphBuilder;
  spec: ModelSpec;
  weights: ModelWeights;
  /** Refers to a weight where it lies; F16 and BF16 are cast to F32, which the runtime folds at load. */
  weight(weight: Weight): Value;
  /** x · Wᵀ (+ bias) for a weight stored as [out, in]. */
  linear(x: Value, weight: Weight, bias?: Weight): Value;
  /** RMSNorm: x / √(mean(x²) + ε) · weight. */
  norm(x: Value, weight: Weight): Value;
  /** A list of whole numbers, for shapes and axes; equal lists are stored once. */
  integers(...values: number[]): Value;
}

/** Starts a graph called `name` over the weights of `model`. */
export function createEmitter(model: ModelDirectory, name: string): GraphEmitter {
  const graph = createGraph(name);
  const { spec, weights } = model;

  const weight = (entry: Weight): Value => {
    const name = entry.dtype === 'F32' ? entry.name : `${entry.name}.f32`;
    if (graph.has(name)) return name;
    const { dtype, shape, file, byteOffset, byteLength } = entry;
    const data = { location: file, offset: byteOffset, length: byteLength };
    const stored = graph.external(entry.name, { dtype, shape, data });
    if (dtype === 'F32') return stored;
    return graph.node('Cast', [stored], { attributes: { to: elementType('F32') }, outputs: [name] });
  };

  return {
    graph,
    spec,
    weights,
    weight,
    linear(x, matrix, bias) {
      const product = graph.node('FusedMatMul', [x, weight(matrix)], {
        domain: MICROSOFT,
        attributes: { transB: 1 },
      });
      return bias === undefined ? product : graph.node('Add', [product, weight(bias)]);
    },
    norm: (x, entry) =>
      graph.node('SimplifiedLayerNormalization', [x, weight(entry)], {
        attributes: { axis: -1, epsilon: { float: spec.normEpsilon }, stash_type: 1 },
      }),
    integers(...values) {
      const name = `integers(${values.join(',')})`;
      if (graph.has(name)) return name;
      const data = BigInt64Array.from(values, BigInt);
      return graph.constant(name, { dtype: 'I64', shape: [values.length], data });
    },
  };
}
