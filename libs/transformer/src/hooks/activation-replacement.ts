import { elementType, type Value } from '@facet/onnx';
import { type Replacement, replacementInputs } from '../graph/graph-request.ts';
import type { GraphEmitter } from '../ops/graph-emitter.ts';

/**
 * Goes on with given rows in place of the rows `x` [B, T, width] of a hook point: x' = given, or with a mask
 * x' = mask ? given : x, which leaves every bit of the other rows as it is.
 */
export function emitReplacement(
  { graph }: GraphEmitter,
  { hookPoint, masked }: Replacement,
  { x, width }: { x: Value; width: number },
): Value {
  const inputs = replacementInputs(hookPoint);
  const rows = graph.input(inputs.rows, 'F32', ['B', 'T', width]);
  if (!masked) return graph.node('Identity', [rows]);
  const mask = graph.input(inputs.mask, 'I32', ['B', 'T', 1]);
  const isGiven = graph.node('Cast', [mask], { attributes: { to: elementType('BOOL') } });
  return graph.node('Where', [isGiven, rows, x]);
}
