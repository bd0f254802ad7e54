import { FacetError, quote } from '@facet/errors';
import { dtypeBytes, type FloatDType } from '@facet/tensor';
import { resolveReadPoint } from '@facet/transformer';
import { MAX_TENSOR_BYTES } from '../limits.ts';
import { inField } from '../models/hook-point-names.ts';
import type { LoadedModel } from '../models/loaded-model.ts';

/** Most hook points read by one ComputeActivations. */
const MAX_HOOK_POINTS = 64;
/** Most data of all patterns of attention of one context: they are made at once. */
const MAX_PATTERN_BYTES = 256 * 2 ** 20;

/** What is read of every token of a request. */
export interface ReadRows {
  /** Name of the hook point. */
  name: string;
  layer: number;
  /** Extents of one row: [width], or [n_heads, positions] of a pattern with the positions of the longest context. */
  shape: readonly number[];
  /** Floats of one row. */
  width: number;
}

export interface ReadOptions {
  dtype: FloatDType;
  /** Tokens of each context. */
  lengths: readonly number[];
}

/** Finds what the hook points `names` read of contexts; refuses patterns that are too large to send or to hold. */
export function readPointsOf(
  model: LoadedModel,
  names: readonly string[],
  { dtype, lengths }: ReadOptions,
): ReadRows[] {
  requireNames(names);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  const points = names.map((name, index): ReadRows => {
    const field = `hook_points[${index}]`;
    const { layer, rowShape } = inField(field, () => resolveReadPoint(model.runtime.spec, name));
    const shape = rowShape(longest);
    return { name, layer, shape, width: shape.reduce((product, extent) => product * extent, 1) };
  });
  requireBounded(points, longest, dtypeBytes(dtype));
  return points;
}

/** Refuses what cannot be asked for, whatever the model is. */
function requireNames(names: readonly string[]): void {
  if (names.length === 0 || names.length > MAX_HOOK_POINTS)
    throw invalid(`${names.length} hook points; from 1 to ${MAX_HOOK_POINTS} are possible`);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`${quote(twice)} is asked for twice`);
}

function requireBounded(points: readonly ReadRows[], positions: number, elementBytes: number): void {
  const patterns = points.filter(({ shape }) => shape.length > 1);
  const rowBytes = patterns.map(({ width }) => width * elementBytes);
  const widest = Math.max(0, ...rowBytes);
  if (widest > MAX_TENSOR_BYTES)
    throw tooLarge(
      `a row of ${patterns[0]!.name} has ${widest} bytes in a text of ${positions} tokens; the limit is ${MAX_TENSOR_BYTES}`,
    );
  const bytes = positions * rowBytes.reduce((sum, bytes) => sum + bytes, 0);
  if (bytes > MAX_PATTERN_BYTES)
    throw tooLarge(
      `${patterns.length} patterns of a text of ${positions} tokens have ${bytes} bytes; the limit is ${MAX_PATTERN_BYTES}`,
    );
}

function tooLarge(problem: string): FacetError {
  const remedy = 'send shorter contexts, ask for fewer layers at once, or for F16';
  return new FacetError('invalid', `hook_points: ${problem}: ${remedy}`, {
    field: 'hook_points',
    reason: 'PATTERN_TOO_LARGE',
  });
}

function invalid(problem: string): FacetError {
  return new FacetError('invalid', `hook_points: ${problem}`, { field: 'hook_points' });
}
