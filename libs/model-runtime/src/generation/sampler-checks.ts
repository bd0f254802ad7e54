import type { ModelSpec } from '@facet/transformer';
import { requireSamplingOptions } from '@facet/transformer/sampling';
import { invalid } from '../request-checks.ts';
import type { RowSampler } from '../sessions/session-protocol.ts';

const MAX_SEED = 2n ** 64n - 1n;

/** Checks the samplers of a batch; every problem is `invalid` and names the value. */
export function checkSamplers(spec: ModelSpec, samplers: readonly RowSampler[], batch: number): void {
  const rows = new Set<number>();
  for (const { row, comparedTo = row, options, seed, prompt } of samplers) {
    for (const place of [row, comparedTo])
      if (!Number.isInteger(place) || place < 0 || place >= batch)
        throw invalid(`a sampler names row ${place}; the batch has rows 0 to ${batch - 1}`, 'samplers');
    if (rows.has(row)) throw invalid(`row ${row} has two samplers; give one for each row`, 'samplers');
    rows.add(row);
    requireSamplingOptions(options, spec.d_vocab);
    if (seed < 0n || seed > MAX_SEED) throw invalid(`seed ${seed} is outside 0 to 2^64 - 1`, 'seed');
    const wrong = prompt.find((id) => id < 0 || id >= spec.d_vocab);
    if (wrong !== undefined)
      throw invalid(
        `token ${wrong} of the prompt is outside the vocabulary 0..${spec.d_vocab - 1}`,
        'prompt',
      );
  }
}

/** Checks that every row that is to be drawn has a sampler, and is drawn once. */
export function checkDraw(rows: readonly number[], samplers: readonly RowSampler[]): readonly number[] {
  for (const [index, row] of rows.entries()) {
    if (!samplers.some((sampler) => sampler.row === row))
      throw invalid(`row ${row} has no sampler; give one when the generation is opened`, 'draw');
    if (rows.indexOf(row) !== index) throw invalid(`row ${row} is to be drawn twice in one step`, 'draw');
  }
  return rows;
}
