import { FacetError } from '@facet/errors';
import { type DType, dtypeBytes, elementCount } from '@facet/tensor';
import {
  type Attribute,
  type ExternalData,
  encodeModel,
  type Initializer,
  type Model,
  type Node,
  type ValueInfo,
} from './messages.ts';

/**
 * The operator sets that graphs are written for; ONNX Runtime 1.30 knows newer ones and runs these unchanged.
 */
export const OPSETS: Readonly<Record<string, number>> = { '': 23, 'com.microsoft': 1 };

/** Domain of ONNX Runtime's own operators. */
export const MICROSOFT = 'com.microsoft';

/** The name of a value inside one graph. */
export type Value = string;

export interface NodeOptions {
  /** @default the operators of ONNX itself */
  domain?: string;
  attributes?: Readonly<Record<string, Attribute>>;
  /** How the outputs are called; a name must be new. @default one output, named after the operator */
  outputs?: readonly string[];
}

/**
 * Writes one ONNX graph, node by node in the order of computation. Every value must exist before it is used,
 * and every name once, so that a mistake is told here and not by the runtime.
 */
export interface GraphBuilder {
  /** Declares a graph input; string dimensions are symbolic. */
  input(name: string, dtype: DType, shape: readonly (number | string)[]): Value;
  /** Adds a node and returns its outputs; an empty input leaves that optional input out. */
  nodes(opType: string, inputs: readonly Value[], options: NodeOptions): Value[];
  /** Adds a node and returns its first output. */
  node(opType: string, inputs: readonly Value[], options?: NodeOptions): Value;
  /** Stores a small tensor in the graph itself. */
  constant(name: string, tensor: { dtype: DType; shape: readonly number[]; data: ArrayBufferView }): Value;
  /** Refers to a tensor that lies in a file next to the model, byte for byte as it is. */
  external(name: string, tensor: { dtype: DType; shape: readonly number[]; data: ExternalData }): Value;
  /** Declares `value` a graph output. */
  output(value: Value, dtype: DType, shape: readonly (number | string)[]): void;
  /** Tells whether `value` exists. */
  has(value: Value): boolean;
  /**
   * Encodes the graph as a ModelProto, without whatever no output needs: that is how a model stops at a
   * layer.
   */
  build(): BuiltModel;
}

export interface BuiltModel {
  bytes: Uint8Array<ArrayBuffer>;
  /** The inputs that are left, in the order of their declaration. */
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
}

/** Starts an empty graph called `name`. */
export function createGraph(name: string): GraphBuilder {
  const nodes: Node[] = [];
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const initializers: Initializer[] = [];
  const { define, require, has, uniqueName } = createNames(name);

  const builder: GraphBuilder = {
    input(value, dtype, shape) {
      inputs.push({ name: define(value), dtype, shape });
      return value;
    },
    nodes(opType, nodeInputs, { domain = '', attributes = {}, outputs: names }) {
      const nodeName = uniqueName(opType);
      for (const value of nodeInputs) require(value, nodeName);
      const results = (names ?? [nodeName]).map(define);
      nodes.push({ opType, domain, name: nodeName, inputs: nodeInputs, outputs: results, attributes });
      return results;
    },
    node: (opType, nodeInputs, options = {}) => builder.nodes(opType, nodeInputs, options)[0]!,
    constant(value, { dtype, shape, data }) {
      requireLength(name, { value, dtype, shape, bytes: data.byteLength });
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      initializers.push({ name: define(value), dtype, shape, data: bytes });
      return value;
    },
    external(value, { dtype, shape, data }) {
      requireLength(name, { value, dtype, shape, bytes: data.length });
      requireLocation(name, data);
      initializers.push({ name: define(value), dtype, shape, data });
      return value;
    },
    output(value, dtype, shape) {
      require(value, 'an output');
      if (outputs.some((output) => output.name === value)) throw invalid(name, `outputs "${value}" twice`);
      outputs.push({ name: value, dtype, shape });
    },
    has,
    build() {
      const model = prune({ name, nodes, inputs, outputs, initializers, opsets: OPSETS });
      return { bytes: encodeModel(model), inputs: model.inputs, outputs };
    },
  };
  return builder;
}

/** Keeps the names of one graph: each is defined once, and before it is used. */
function createNames(graph: string) {
  const values = new Set<Value>();
  const counts = new Map<string, number>();
  return {
    has: (value: Value) => values.has(value),
    define(value: Value): Value {
      if (value === '' || values.has(value)) throw invalid(graph, `already has a value named "${value}"`);
      values.add(value);
      return value;
    },
    require(value: Value, user: string): void {
      if (value !== '' && !values.has(value)) throw invalid(graph, `has no value "${value}" for ${user}`);
    },
    uniqueName(opType: string): string {
      const count = counts.get(opType) ?? 0;
      counts.set(opType, count + 1);
      return `${opType}_${count}`;
    },
  };
}

/** Walks back from the outputs and keeps only what they need. */
function prune(model: Model): Model {
  const needed = new Set(model.outputs.map((output) => output.name));
  const nodes = model.nodes
    .toReversed()
    .filter((node) => {
      if (!node.outputs.some((output) => needed.has(output))) return false;
      for (const input of node.inputs) needed.add(input);
      return true;
    })
    .reverse();
  const isNeeded = ({ name }: { name: string }) => needed.has(name);
  return {
    ...model,
    nodes,
    inputs: model.inputs.filter(isNeeded),
    initializers: model.initializers.filter(isNeeded),
  };
}

interface Extent {
  value: string;
  dtype: DType;
  shape: readonly number[];
  bytes: number;
}

function requireLength(graph: string, { value, dtype, shape, bytes }: Extent): void {
  const needed = elementCount(shape) * dtypeBytes(dtype);
  if (needed !== bytes)
    throw invalid(graph, `gives "${value}" ${bytes} bytes; ${dtype} [${shape.join(', ')}] takes ${needed}`);
}

/** External data may only name a file inside the folder: no separators, no parents. */
function requireLocation(graph: string, { location, offset }: ExternalData): void {
  if (location === '' || location === '.' || location === '..' || /[/\\\0]/.test(location))
    throw invalid(graph, `refers to the file ${JSON.stringify(location)}; only plain file names are allowed`);
  if (!Number.isSafeInteger(offset) || offset < 0) throw invalid(graph, `refers to the offset ${offset}`);
}

function invalid(graph: string, problem: string): FacetError {
  return new FacetError('invalid', `graph "${graph}" ${problem}`, { reason: 'GRAPH_INVALID' });
}
