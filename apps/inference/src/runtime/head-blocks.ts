import { HEAD_NAMES, type HeadKind } from '@facet/transformer';
import { headVariant, type RuntimeContext, throwIfCancelled } from './runtime-context.ts';
import type { WireTensors } from './session-protocol.ts';

/** Logits of one block of rows stay below this, whatever the vocabulary. */
const LOGIT_BLOCK_BYTES = 32 * 1024 * 1024;

export interface HeadRequest {
  kind: HeadKind;
  /** [K, d_model] */
  rows: Float32Array;
  /** [K], for `scores`. */
  targets?: BigInt64Array;
  signal?: AbortSignal;
  /** Takes the outputs of the rows from `at` on. */
  take(outputs: WireTensors, at: number): void;
}

/**
 * Runs a head graph over `rows` in blocks, so that the logits of a large vocabulary never lie in memory at
 * once.
 */
export async function runHead(context: RuntimeContext, request: HeadRequest): Promise<void> {
  const { d_model, d_vocab } = context.model.spec;
  const { kind, rows, targets, signal, take } = request;
  const count = rows.length / d_model;
  const blockRows = Math.max(1, Math.floor(LOGIT_BLOCK_BYTES / (d_vocab * 4)));
  const variant = headVariant(context, kind);
  const outputs =
    kind === 'scores' ? [HEAD_NAMES.nll, HEAD_NAMES.logit, HEAD_NAMES.topLogit] : [HEAD_NAMES.logits];
  const runBlock = async (at: number): Promise<void> => {
    throwIfCancelled(signal);
    const to = Math.min(at + blockRows, count);
    const data = rows.slice(at * d_model, to * d_model);
    const feeds: Record<string, WireTensors[string]> = {
      [HEAD_NAMES.rows]: { type: 'float32', dims: [to - at, d_model], data },
    };
    if (targets !== undefined)
      feeds[HEAD_NAMES.targets] = { type: 'int64', dims: [to - at], data: targets.slice(at, to) };
    take(await context.lanes.idlest().run(variant, { feeds, outputs }), at);
  };
  for (let at = 0; at < count; at += blockRows * context.lanes.size) {
    const starts = Array.from({ length: context.lanes.size }, (_, i) => at + i * blockRows);
    await Promise.all(starts.filter((start) => start < count).map(runBlock));
  }
}
