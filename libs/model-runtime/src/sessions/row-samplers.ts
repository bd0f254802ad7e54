import {
  createSamplingMemory,
  createTokenSampler,
  type DrawnToken,
  type SamplingMemory,
} from '@facet/transformer/sampling';
import type { KeptSamplers } from './session-protocol.ts';

/** The samplers of one generation, each with what its next draw depends on. */
export interface RowSamplers {
  /** Draws the next tokens of `rows` from the logits [B, V] of the last run. */
  draw(logits: Float32Array, rows: readonly number[]): DrawnToken[];
}

/** Work memory of the thread: draws are done one after another, and a thread serves one vocabulary. */
let memory: SamplingMemory = createSamplingMemory(0);

/** Starts the samplers of a generation. */
export function createRowSamplers({ dims: [, d_vocab], samplers }: KeptSamplers): RowSamplers {
  if (memory.weights.length !== d_vocab) memory = createSamplingMemory(d_vocab);
  const byRow = new Map(
    samplers.map(({ row, comparedTo, ...request }) => [
      row,
      { comparedTo, sampler: createTokenSampler(request, memory) },
    ]),
  );
  return {
    draw(logits, rows) {
      const rowOf = (row: number) => logits.subarray(row * d_vocab, (row + 1) * d_vocab);
      return rows.map((row) => {
        const { sampler, comparedTo } = byRow.get(row)!;
        const own = rowOf(row);
        if (comparedTo === undefined) return sampler.draw(own);
        return sampler.draw(own, comparedTo === row ? own : rowOf(comparedTo));
      });
    },
  };
}
