import type { Value } from '@facet/onnx';
import type { LayerSpec } from '../config/model-spec.ts';
import { NAMES } from '../graph/graph-request.ts';
import type { GraphEmitter } from './graph-emitter.ts';

/** Queries [from, to) and which of the keys [first, to) each may see. */
export interface CausalBlock {
  from: Value;
  to: Value;
  first: Value;
  mask: Value;
}

/** Cuts the T positions into `count` blocks of ⌈T/count⌉; layers with the same window share theirs. */
export function createCausalBlocks(emitter: GraphEmitter, count: number) {
  const { graph, integers, once } = emitter;
  const made = new Map<number | null, CausalBlock[]>();
  const range = () =>
    once('range.positions', (name) => {
      const [zero, one] = [0n, 1n].map((value) =>
        graph.constant(`step.${value}`, { dtype: 'I64', shape: [], data: BigInt64Array.of(value) }),
      );
      return graph.node('Range', [zero!, graph.node('Squeeze', [length()]), one!], { outputs: [name] });
    });
  const length = () =>
    once('length', (name) =>
      graph.node('Shape', [NAMES.tokens], { attributes: { start: 1, end: 2 }, outputs: [name] }),
    );
  const make = (window: LayerSpec['window']): CausalBlock[] => {
    const size = graph.node('Div', [graph.node('Add', [length(), integers(count - 1)]), integers(count)]);
    const slice = (from: Value, to: Value) => graph.node('Slice', [range(), from, to]);
    return Array.from({ length: count }, (_, block) => {
      const from = graph.node('Mul', [size, integers(block)]);
      const to = graph.node('Mul', [size, integers(block + 1)]);
      const first =
        window === null
          ? integers(0)
          : graph.node('Max', [graph.node('Sub', [from, integers(window - 1)]), integers(0)]);
      const queries = graph.node('Unsqueeze', [slice(from, to), integers(1)]);
      const keys = graph.node('Unsqueeze', [slice(first, to), integers(0)]);
      const isPast = graph.node('GreaterOrEqual', [queries, keys]);
      if (window === null) return { from, to, first, mask: isPast };
      const isNear = graph.node('Less', [graph.node('Sub', [queries, keys]), integers(window)]);
      return { from, to, first, mask: graph.node('And', [isPast, isNear]) };
    });
  };
  return (window: LayerSpec['window']): CausalBlock[] => {
    const known = made.get(window) ?? make(window);
    made.set(window, known);
    return known;
  };
}
