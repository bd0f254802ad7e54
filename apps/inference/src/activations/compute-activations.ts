import { linkSignals } from '@facet/mesh';
import { dtypeBytes, type FloatDType } from '@facet/tensor';
import type { InterventionProof } from '../editing/edit-proofs.ts';
import {
  type BatchResult,
  boundedBatchTokens,
  type EditedContexts,
  forwardBatch,
  rowProofs,
} from '../editing/edited-forward.ts';
import { planBatches } from '../scheduling/batches.ts';
import type { ModelTurn } from '../scheduling/scheduler.ts';
import { type ActivationRows, createBlockWriter } from './activation-blocks.ts';
import type { ReadRows } from './read-points.ts';

/** What ComputeActivations runs. */
export interface ActivationsQuestion extends EditedContexts {
  hookPoints: readonly ReadRows[];
  dtype: FloatDType;
}

export type ActivationsEvent =
  | { type: 'block'; block: ActivationRows }
  | { type: 'proof'; proof: InterventionProof };

/**
 * Computes the activations of every context and yields them in the order of the request, whatever order the batches
 * run in. One batch is computed ahead of the reader; a reader that stops reading stops the work.
 */
export async function* computeActivations(
  question: ActivationsQuestion,
  turn: ModelTurn,
): AsyncGenerator<ActivationsEvent> {
  const { hookPoints, dtype, sequences } = question;
  const writer = createBlockWriter(hookPoints, dtype, sequences.ids.length);
  const waiting = new Map<number, { result: BatchResult; row: number }>();
  let next = 0;
  for await (const result of batchResults(question, turn)) {
    result.batch.sequences.forEach((sequence, row) => {
      waiting.set(sequence, { result, row });
    });
    for (let found = waiting.get(next); found !== undefined; found = waiting.get(next)) {
      yield* rowEvents(question, found, writer.append);
      waiting.delete(next++);
    }
  }
  for (const block of writer.flush()) yield { type: 'block', block };
}

/** Runs the batches one after another; the next is under way while one is being read. */
async function* batchResults(question: ActivationsQuestion, turn: ModelTurn): AsyncGenerator<BatchResult> {
  const { hookPoints, dtype, sequences, plan } = question;
  const bytesPerToken = hookPoints.reduce((sum, { width }) => sum + width * dtypeBytes(dtype), 0);
  const batches = planBatches(sequences.lengths, boundedBatchTokens(turn.batchTokens, plan, bytesPerToken));
  const stop = new AbortController();
  const { signal, dispose } = linkSignals([turn.signal, stop.signal]);
  const names = hookPoints.map(({ name }) => name);
  const start = (index: number): Promise<BatchResult> | undefined => {
    const batch = batches[index];
    if (batch === undefined) return undefined;
    const run = turn.admission.step(() =>
      forwardBatch(question, batch, { hookPoints: names, activationDtype: dtype, signal }),
    );
    run.catch(() => {}); // Seen below when it is its turn.
    return run;
  };
  let ahead = start(0);
  try {
    for (let index = 1; ahead !== undefined; index++) {
      const result: BatchResult = await ahead;
      turn.signal.throwIfAborted();
      ahead = start(index);
      yield result;
    }
  } finally {
    stop.abort();
    await ahead?.catch(() => {});
    dispose();
  }
}

type Append = ReturnType<typeof createBlockWriter>['append'];

function* rowEvents(
  question: ActivationsQuestion,
  { result, row }: { result: BatchResult; row: number },
  append: Append,
): Generator<ActivationsEvent> {
  const length = question.sequences.lengths[result.batch.sequences[row]!]!;
  const blocks = append(result.result.activations, row * result.batch.positions, length);
  for (const block of blocks) yield { type: 'block', block };
  for (const proof of rowProofs(question, result, row)) yield { type: 'proof', proof };
}
