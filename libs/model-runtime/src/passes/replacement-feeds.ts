import { requireFinite } from '@facet/tensor';
import { type ModelSpec, type Replacement, replacementInputs, resolveHookPoint } from '@facet/transformer';
import type { BatchReplacement } from '../model-runtime.ts';
import { invalid, type TokenBatch } from '../request-checks.ts';
import type { WireTensor, WireTensors } from '../sessions/session-protocol.ts';

/** A replacement as the graph is asked for it, and its inputs, whose first dimension is the batch row. */
export interface ReplacementFeeds {
  replacement: Replacement;
  perRow: WireTensors;
}

/** Checks given rows and turns them into graph inputs; a wrong shape or value is `invalid`. */
export function toReplacementFeeds(
  spec: ModelSpec,
  replacements: readonly BatchReplacement[],
  { batch, positions }: TokenBatch,
): ReplacementFeeds[] {
  const seen = new Set<string>();
  return replacements.map(({ hookPoint, rows, mask }) => {
    const { width } = resolveHookPoint(spec, hookPoint);
    if (seen.has(hookPoint)) throw invalid(`hook point ${hookPoint} is replaced twice`, 'replacements');
    seen.add(hookPoint);
    requireSize(`rows at ${hookPoint}`, rows.length, [batch, positions, width]);
    requireFinite(rows, `replacement rows at ${hookPoint}`);
    const names = replacementInputs(hookPoint);
    const perRow: Record<string, WireTensor> = {
      [names.rows]: { type: 'float32', dims: [batch, positions, width], data: rows },
    };
    if (mask !== undefined) {
      requireSize(`mask at ${hookPoint}`, mask.length, [batch, positions]);
      perRow[names.mask] = { type: 'int32', dims: [batch, positions, 1], data: Int32Array.from(mask) };
    }
    return { replacement: { hookPoint, masked: mask !== undefined }, perRow };
  });
}

function requireSize(what: string, size: number, dims: readonly number[]): void {
  const wanted = dims.reduce((product, extent) => product * extent, 1);
  if (size !== wanted)
    throw invalid(
      `replacement ${what} has ${size} values; expected ${wanted} [${dims.join(', ')}]`,
      'replacements',
    );
}
