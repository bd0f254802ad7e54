import { requireFinite } from '@facet/tensor';
import { HEAD_NAMES } from '@facet/transformer';
import type { ProjectionRequest } from '../model-runtime.ts';
import { invalid } from '../request-checks.ts';
import type { RuntimeContext } from '../runtime-context.ts';
import { runHead } from './head-blocks.ts';

/** More directions than this belong into several calls: the answer has rows × d_vocab logits. */
const MAX_PROJECTED_ROWS = 65_536;

/**
 * logits = (directions ⊙ w_norm) · W_Uᵀ, or without w_norm; directions [rows, d_model]. What does not fit
 * into memory is `exhausted`.
 */
export async function projectToVocabulary(
  context: RuntimeContext,
  { directions, rows, foldFinalNorm = true, signal }: ProjectionRequest,
): Promise<Float32Array> {
  const { d_model, d_vocab } = context.model.spec;
  if (!Number.isInteger(rows) || rows < 1 || rows > MAX_PROJECTED_ROWS)
    throw invalid(`${rows} rows are not between 1 and ${MAX_PROJECTED_ROWS}`, 'rows');
  if (directions.length !== rows * d_model)
    throw invalid(
      `${directions.length} values are not ${rows} directions of ${d_model} floats`,
      'directions',
    );
  requireFinite(directions, 'directions');
  const bytes = rows * d_vocab * Float32Array.BYTES_PER_ELEMENT;
  const results = context.memory.hold({ purpose: 'results', bytes });
  try {
    const logits = new Float32Array(rows * d_vocab);
    await runHead(context, {
      kind: foldFinalNorm ? 'folded-projection' : 'projection',
      rows: directions,
      signal,
      take: (values, at) => logits.set(values[HEAD_NAMES.logits]!.data as Float32Array, at * d_vocab),
    });
    return logits;
  } finally {
    results.free();
  }
}
