import type { Sae } from '@facet/sae';
import type { Inference, Projection } from '../inference.ts';
import { DIRECTIONS_BYTES, DIRECTIONS_PER_REQUEST } from '../limits.ts';
import type { ProgressMeter } from '../runs/progress-meter.ts';

export interface DecoderQuestion {
  inference: Inference;
  model: string;
  sae: Sae;
  meter: ProgressMeter;
  signal: AbortSignal;
}

/** Projects every decoder row on the vocabulary: which tokens a feature's direction promotes and suppresses. */
export async function projectDecoder({
  inference,
  model,
  sae,
  meter,
  signal,
}: DecoderQuestion): Promise<Projection[]> {
  const { d_in, d_sae } = sae.cfg;
  const rowsPerRequest = Math.max(
    1,
    Math.min(DIRECTIONS_PER_REQUEST, Math.floor(DIRECTIONS_BYTES / (4 * d_in))),
  );
  const projections: Projection[] = [];
  meter.begin('projecting', d_sae, 'features');
  for (let start = 0; start < d_sae; start += rowsPerRequest) {
    const n = Math.min(rowsPerRequest, d_sae - start);
    const directions = sae.W_dec.subarray(start * d_in, (start + n) * d_in);
    projections.push(...(await inference.project(model, directions, n, signal)));
    meter.advance(n);
  }
  return projections;
}
