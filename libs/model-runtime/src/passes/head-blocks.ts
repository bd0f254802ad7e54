import { HEAD_NAMES, type HeadKind } from '@facet/transformer';
import { headProgram, type RuntimeContext, throwIfCancelled } from '../runtime-context.ts';
import type { WireTensor, WireTensors } from '../sessions/session-protocol.ts';

/** Logits of one block of rows stay below this, whatever the vocabulary. */
const LOGIT_BLOCK_BYTES = 32 * 1024 * 1024;

/**
 * A comparison passes over its logits several times, so they should stay in the processor's cache: measured at a
 * vocabulary of 4096, blocks of 1 MiB take half the time of blocks of 32 MiB. Fewer rows than these would leave the
 * product slow.
 */
const COMPARISON_BLOCK_BYTES = 1024 * 1024;
const MIN_COMPARISON_ROWS = 64;

export interface HeadRequest {
  kind: HeadKind;
  /** [K, d_model] */
  rows: Float32Array;
  /** [K, d_model], for `comparison`. */
  uneditedRows?: Float32Array;
  /** [K], for `scores` and `comparison`. */
  targets?: BigInt64Array;
  signal?: AbortSignal | undefined;
  /** Takes the outputs of the rows from `at` on. */
  take(outputs: WireTensors, at: number): void;
}

const OUTPUTS: Readonly<Record<HeadKind, readonly string[]>> = {
  logits: [HEAD_NAMES.logits],
  scores: [HEAD_NAMES.nll, HEAD_NAMES.logit, HEAD_NAMES.topLogit],
  comparison: [HEAD_NAMES.nll, HEAD_NAMES.uneditedNll, HEAD_NAMES.kl],
  projection: [HEAD_NAMES.logits],
  'folded-projection': [HEAD_NAMES.logits],
};

/**
 * Runs a head graph over `rows` in blocks, so that the logits of a large vocabulary never lie in memory at
 * once.
 */
export async function runHead(context: RuntimeContext, request: HeadRequest): Promise<void> {
  const { d_model, d_vocab } = context.model.spec;
  const { kind, rows, uneditedRows, targets, signal, take } = request;
  const count = rows.length / d_model;
  const blockRows = rowsOfBlock(kind, d_vocab);
  const program = headProgram(context, kind);
  const outputs = OUTPUTS[kind];
  const runBlock = async (at: number): Promise<void> => {
    throwIfCancelled(signal);
    const to = Math.min(at + blockRows, count);
    const block = (all: Float32Array): WireTensor => {
      return { type: 'float32', dims: [to - at, d_model], data: all.slice(at * d_model, to * d_model) };
    };
    const feeds: Record<string, WireTensor> = { [HEAD_NAMES.rows]: block(rows) };
    if (uneditedRows !== undefined) feeds[HEAD_NAMES.uneditedRows] = block(uneditedRows);
    if (targets !== undefined)
      feeds[HEAD_NAMES.targets] = { type: 'int64', dims: [to - at], data: targets.slice(at, to) };
    take(await context.lanes.idlest().run(program, { feeds, outputs }), at);
  };
  for (let at = 0; at < count; at += blockRows * context.lanes.size) {
    const starts = Array.from({ length: context.lanes.size }, (_, i) => at + i * blockRows);
    await Promise.all(starts.filter((start) => start < count).map(runBlock));
  }
}

function rowsOfBlock(kind: HeadKind, d_vocab: number): number {
  const rowsIn = (bytes: number) =>
    Math.max(1, Math.floor(bytes / (d_vocab * Float32Array.BYTES_PER_ELEMENT)));
  const most = rowsIn(LOGIT_BLOCK_BYTES);
  if (kind !== 'comparison') return most;
  return Math.min(most, Math.max(MIN_COMPARISON_ROWS, rowsIn(COMPARISON_BLOCK_BYTES)));
}
