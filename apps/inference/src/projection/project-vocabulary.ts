import { strongest, type TokenLogit } from '@facet/transformer/sampling';
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
