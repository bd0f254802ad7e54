import { MAX_STEP_RESULT_BYTES } from '../limits.ts';
import type { LoadedModel } from '../models/loaded-model.ts';
import { createPacer } from '../scheduling/pacer.ts';
import type { ModelTurn } from '../scheduling/scheduler.ts';

/** Directions of the residual stream to read off the vocabulary. */
export interface ProjectionQuestion {
  model: LoadedModel;
  /** [rows, d_model] */
  directions: Float32Array;
  rows: number;
  /** How many of the most promoted and most suppressed tokens to return. */
  top: number;
  bottom: number;
  foldFinalNorm: boolean;
}

export interface TokenLogit {
  id: number;
  logit: number;
}

/** What one direction does to the next-token logits. */
export interface Projection {
  /** Strongest first, lower id first among equals. */
  top: TokenLogit[];
  bottom: TokenLogit[];
}

/** Projects the directions in chunks that bound the memory of their logits. */
export async function projectVocabulary(
  question: ProjectionQuestion,
  { admission, signal }: Pick<ModelTurn, 'admission' | 'signal'>,
): Promise<Projection[]> {
  const { model, directions, rows, foldFinalNorm } = question;
  const { d_model, d_vocab } = model.runtime.spec;
  const chunkRows = Math.max(1, Math.floor(MAX_STEP_RESULT_BYTES / (4 * d_vocab)));
  const pause = createPacer(signal);
  const projections: Projection[] = [];
  for (let first = 0; first < rows; first += chunkRows) {
    signal.throwIfAborted();
    const count = Math.min(chunkRows, rows - first);
    const chunk = directions.subarray(first * d_model, (first + count) * d_model);
    const logits = await admission.step(() =>
      model.runtime.projectToVocabulary({ directions: chunk, rows: count, foldFinalNorm, signal }),
    );
    for (let row = 0; row < count; row++) {
      const values = logits.subarray(row * d_vocab, (row + 1) * d_vocab);
      projections.push({
        top: strongest(values, question.top, 1),
        bottom: strongest(values, question.bottom, -1),
      });
      await pause();
    }
  }
  return projections;
}

/** Finds the `count` entries whose value times `sign` is largest, in order; lower index first among equals. */
export function strongest(values: Float32Array, count: number, sign: 1 | -1): TokenLogit[] {
  const kept: TokenLogit[] = [];
  if (count === 0) return kept;
  for (let id = 0; id < values.length; id++) {
    const logit = values[id]!;
    // Ids come in order, so an equal value later never displaces one that is kept.
    if (kept.length === count && logit * sign <= kept.at(-1)!.logit * sign) continue;
    if (kept.length === count) kept.pop();
    kept.splice(placeOf(kept, logit * sign, sign), 0, { id, logit });
  }
  return kept;
}

/** The first place whose value times `sign` is smaller than `strength`. */
function placeOf(kept: readonly TokenLogit[], strength: number, sign: number): number {
  let low = 0;
  let high = kept.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (kept[middle]!.logit * sign < strength) high = middle;
    else low = middle + 1;
  }
  return low;
}
