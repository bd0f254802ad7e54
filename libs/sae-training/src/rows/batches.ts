import { setImmediate as turn } from 'node:timers/promises';
import { FacetError } from '@facet/errors';
import type { ResolvedConfig } from '../config.ts';
import type { RowSource } from './row-source.ts';

export interface Blocks {
  batch_rows: number;
  d_in: number;
  /** Rows after which no more are given. @default all */
  most?: number;
  signal?: AbortSignal | undefined;
}

/** Cuts chunks [·, d_in] into blocks that fit one batch. */
export async function* blocksOf(
  chunks: AsyncIterable<Float32Array>,
  { batch_rows, d_in, most = Number.POSITIVE_INFINITY, signal }: Blocks,
): AsyncGenerator<Float32Array, void> {
  let left = most * d_in;
  for await (const chunk of chunks) {
    const wanted = chunk.subarray(0, left);
    for (let at = 0; at < wanted.length; at += batch_rows * d_in) {
      await turn();
      throwIfAborted(signal);
      yield wanted.subarray(at, at + batch_rows * d_in);
    }
    left -= wanted.length;
    if (left === 0) return;
  }
}

export interface BatchesOptions {
  /** Batches that are left out at the beginning, without reading them. */
  from: number;
  signal?: AbortSignal | undefined;
}

/**
 * Cuts the source's epochs, one after the other, into batches of exactly `batch_rows` rows, all in one
 * array. Where a batch begins follows from its number alone, so a run can go on from any of them.
 */
export async function* batchesOf(
  source: RowSource,
  { batch_rows, d_in, seed }: ResolvedConfig,
  { from, signal }: BatchesOptions,
): AsyncGenerator<Float32Array, void> {
  const batch = new Float32Array(batch_rows * d_in);
  const first = from * batch_rows;
  let filled = 0;
  for (let epoch = Math.floor(first / source.rows), start = first % source.rows; ; epoch++, start = 0) {
    let gave = 0;
    for await (const chunk of source.epoch(seed, epoch, start)) {
      throwIfAborted(signal);
      gave += chunk.length;
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + batch.length - filled);
        batch.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < batch.length) break;
        yield batch;
        filled = 0;
      }
    }
    if (gave !== (source.rows - start) * d_in) throw wrongCount(source, epoch, start + gave / d_in);
  }
}

/** Throws `cancelled` once `signal` has aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new FacetError('cancelled', 'the training run was cancelled', { cause: signal.reason });
}

function wrongCount({ rows }: RowSource, epoch: number, given: number): FacetError {
  const message = `the activation set announced ${rows} rows but gave ${given} in epoch ${epoch}`;
  return new FacetError('data-loss', message);
}
