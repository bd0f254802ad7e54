import type { BatchReplacement } from '@facet/model-runtime';
import type { Batch } from '../scheduling/batches.ts';
import type { TokenSequences } from '../tokens/token-sequences.ts';

/** A hook point at which a request goes on with other vectors than the model's own. */
export interface ReplacedHookPoint {
  hookPoint: string;
  width: number;
  /** [tokens, width] in the order of the request, or [1, width] for every token alike; absent while they are to come. */
  rows?: Float32Array;
  /** [tokens], 0 where the model's own row stays. @default 1 everywhere */
  mask?: Uint8Array;
}

/** Vectors to go on with at one hook point, for every token of a request. */
export type ActivationReplacement = ReplacedHookPoint & Required<Pick<ReplacedHookPoint, 'rows'>>;

/** Lays the rows of a batch's sequences out as [B*T, width]; padding keeps zeros. */
export function batchReplacement(
  { hookPoint, width, rows, mask }: ActivationReplacement,
  { ids, starts, lengths }: TokenSequences,
  { sequences, positions }: Batch,
): BatchReplacement {
  const isShared = rows.length === width && ids.length > 1;
  const laid = new Float32Array(sequences.length * positions * width);
  const laidMask = mask && new Uint8Array(sequences.length * positions);
  sequences.forEach((sequence, row) => {
    const [start, length] = [starts[sequence]!, lengths[sequence]!];
    const at = row * positions;
    if (isShared) for (let t = 0; t < length; t++) laid.set(rows, (at + t) * width);
    else laid.set(rows.subarray(start * width, (start + length) * width), at * width);
    laidMask?.set(mask!.subarray(start, start + length), at);
  });
  return { hookPoint, rows: laid, ...(laidMask && { mask: laidMask }) };
}

/**
 * Fills what the mask leaves to the model with `own` [B*T, width], the model's rows, so that nothing before the hook
 * point has to be computed again.
 */
export function fillOwnRows(
  { hookPoint, rows, mask }: BatchReplacement,
  own: Float32Array,
): BatchReplacement {
  if (mask === undefined) return { hookPoint, rows };
  const width = rows.length / mask.length;
  mask.forEach((isGiven, row) => {
    const at = row * width;
    if (isGiven === 0) rows.set(own.subarray(at, at + width), at);
  });
  return { hookPoint, rows };
}
