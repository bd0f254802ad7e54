import { createGraph, elementType, type GraphBuilder, MICROSOFT, type Value } from '@facet/onnx';
import type { ModelSpec } from '../config/model-spec.ts';
import { type GraphRequest, NAMES } from '../graph/graph-request.ts';
import type { Linear, ModelWeights, QuantizedMatrix, Weight } from '../weights/model-weights.ts';

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

/** Starts a graph called `name` over the weights of a model; quantized matrices are taken in their form for `attention`. */
export function createEmitter(
  { spec, weights }: GraphModel,
  name: string,
  attention: GraphRequest['attention'] = 'context',
): GraphEmitter {
  const graph = createGraph(name);
  const packsOnlyQuantized =
    attention === 'cache' && weights.blocks.some(({ mlp }) => mlp.up.quantized !== undefined);
  const once: GraphEmitter['once'] = (value, write) => (graph.has(value) ? value : write(value));

  const stored = ({ name, dtype, shape, file, byteOffset, byteLength }: Weight): Value => {
    const data = { location: file, offset: byteOffset, length: byteLength };
    return once(name, () => graph.external(name, { dtype, shape, data }));
  };
  const weight = (entry: Weight): Value => {
    if (entry.dtype === 'F32') return stored(entry);
    const attributes = { to: elementType('F32') };
    return once(`${entry.name}.f32`, (name) =>
      graph.node('Cast', [stored(entry)], { attributes, outputs: [name] }),
    );
  };
  const product = (x: Value, { weight: matrix, isTransposed, quantized }: Linear): Value => {
    if (quantized !== undefined) return emitQuantizedProduct(graph, x, { quantized, attention, stored });
    const w = packsOnlyQuantized ? emitUnpacked(emitter, matrix) : weight(matrix);
    return isTransposed
      ? graph.node('MatMul', [x, w])
      : graph.node('FusedMatMul', [x, w], { domain: MICROSOFT, attributes: { transB: 1 } });
  };

  const emitter: GraphEmitter = {
    graph,
    spec,
    weights,
    weight,
    linear(x, linear) {
      const y = product(x, linear);
      return linear.bias === undefined ? y : graph.node('Add', [y, weight(linear.bias)]);
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
  return emitter;
}

/**
 * A weight that no session copies into a packed form, although it packs others: ONNX Runtime packs constants only, and takes
 * what is reshaped to a shape that it cannot know before for none. Nothing is copied by that.
 */
function emitUnpacked({ graph, weight, integers, once }: GraphEmitter, entry: Weight): Value {
  return once(`${entry.name}.unpacked`, (name) => {
    const nothing = graph.node('Mul', [graph.node('Shape', [NAMES.tokens]), integers(0, 0)]);
    const shape = graph.node('Add', [integers(...entry.shape), nothing]);
    return graph.node('Reshape', [weight(entry), shape], { outputs: [name] });
  });
}

/** MatMulNBits computes in F32 at this level: the result is that of the numbers that the blocks stand for. */
const F32_PRODUCTS = 1;

interface QuantizedProduct {
  quantized: QuantizedMatrix;
  attention: GraphRequest['attention'];
  stored: (weight: Weight) => Value;
}

/** x · Wᵀ from the parts of W, added up. */
function emitQuantizedProduct(
  graph: GraphBuilder,
  x: Value,
  { quantized, attention, stored }: QuantizedProduct,
): Value {
  const { height, width, blockSize } = quantized;
  const products = quantized[attention].map(({ bits, values, scales, zeros }) =>
    graph.node('MatMulNBits', [x, stored(values), stored(scales), stored(zeros)], {
      domain: MICROSOFT,
      attributes: { K: width, N: height, bits, block_size: blockSize, accuracy_level: F32_PRODUCTS },
    }),
  );
  return products.reduce((sum, product) => graph.node('Add', [sum, product]));
}
