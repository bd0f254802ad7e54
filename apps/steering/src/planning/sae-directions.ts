import type { BatchGetDirectionsResponse, Lineage } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { answerTensors } from '@facet/mesh';
import { DIRECTIONS_PER_CALL } from '../limits.ts';
import type { Peers } from '../peers.ts';

/** What an intervention needs of some features of one SAE. */
export interface SaeDirections {
  saeId: string;
  hookPoint: string;
  d_in: number;
  /** Whether the thresholds stand in for a selection among features (topk). */
  thresholdForm: boolean;
  lineage: Lineage;
  /** By feature index. */
  features: ReadonlyMap<number, FeatureDirection>;
}

/** One feature: its encoder column and bias, its threshold, and its decoder row. */
export interface FeatureDirection {
  /** [d_in] */
  W_enc_row: Float32Array;
  b_enc: number;
  threshold: number;
  /** [d_in] */
  W_dec_row: Float32Array;
}

/**
 * Fetches the directions of `indices` from the registry, as they are now: nothing is kept, so an SAE that was deleted or
 * replaced is never served. Unknown features and SAEs are `not-found`.
 */
export async function fetchDirections(
  saes: Peers['saes'],
  { saeId, indices }: { saeId: string; indices: readonly number[] },
  signal: AbortSignal,
): Promise<SaeDirections> {
  const chunks = Array.from({ length: Math.ceil(indices.length / DIRECTIONS_PER_CALL) }, (_, i) =>
    indices.slice(i * DIRECTIONS_PER_CALL, (i + 1) * DIRECTIONS_PER_CALL),
  );
  const name = `saes/${saeId}`;
  const answers = await Promise.all(
    chunks.map((features) => saes.batchGetDirections({ name, features }, { signal })),
  );
  const first = answers[0]!;
  requireOneVersion(name, answers);
  const parts = answers.map((answer, i) => readDirections(answer, chunks[i]!, name));
  return {
    saeId,
    hookPoint: first.hookPoint,
    d_in: first.encoderRows!.shape[1]!,
    thresholdForm: first.thresholdForm,
    lineage: first.lineage!,
    features: new Map(parts.flat()),
  };
}

function requireOneVersion(name: string, answers: readonly BatchGetDirectionsResponse[]): void {
  const hashes = new Set(answers.map(({ lineage }) => lineage?.saeSha256));
  if (hashes.size > 1)
    throw new FacetError('aborted', `${name} was replaced while it was read; try again`, {
      reason: 'SAE_REPLACED',
    });
}

function readDirections(
  answer: BatchGetDirectionsResponse,
  indices: readonly number[],
  name: string,
): [number, FeatureDirection][] {
  const n = indices.length;
  const d_in = answer.encoderRows?.shape[1] ?? 0;
  if (answer.lineage === undefined || answer.hookPoint === '' || d_in === 0)
    throw new Error(`the directions of ${name} came without lineage, hook point or width`);
  const W_enc_rows = answerTensors.floats(answer.encoderRows, [n, d_in], `encoder_rows of ${name}`);
  const b_enc = answerTensors.floats(answer.encoderBias, [n], `encoder_bias of ${name}`);
  const threshold = answerTensors.floats(answer.threshold, [n], `threshold of ${name}`);
  const W_dec_rows = answerTensors.floats(answer.decoderRows, [n, d_in], `decoder_rows of ${name}`);
  return indices.map((index, row) => [
    index,
    {
      W_enc_row: W_enc_rows.subarray(row * d_in, (row + 1) * d_in),
      b_enc: b_enc[row]!,
      threshold: threshold[row]!,
      W_dec_row: W_dec_rows.subarray(row * d_in, (row + 1) * d_in),
    },
  ]);
}
