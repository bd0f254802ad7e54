import { FacetError } from '@facet/errors';
import { planBatches } from './batches.ts';
import { klDivergence } from './distributions.ts';
import type { InterventionEvidence } from './edit-proofs.ts';
import {
  type BatchResult,
  boundedBatchTokens,
  type EditedContexts,
  forwardBatch,
  rowEvidence,
} from './edited-forward.ts';
import { createPacer } from './pacer.ts';
import type { ModelTurn } from './scheduler.ts';

/** What ScoreText runs. */
export interface ScoreQuestion extends EditedContexts {
  /** Whether the interventions have any rule. */
  edited: boolean;
  /** Whether `kl` is measured. */
  compareWithUnedited: boolean;
}

/** How likely the model finds a sequence of T tokens. */
export interface Score {
  /** [T − 1], of tokens 1 to T − 1 given all before. */
  nll: Float32Array;
  /** 0 where T is 1. */
  meanNll: number;
  /** [T − 1]: KL(unedited ‖ edited) at positions 0 to T − 2. */
  kl: Float32Array | undefined;
  evidence: readonly InterventionEvidence[];
}

/** Scores every sequence; the answers stand in the order of the request. */
export async function scoreText(question: ScoreQuestion, turn: ModelTurn): Promise<Score[]> {
  const { model, sequences, plan, compareWithUnedited, edited } = question;
  const measuresKl = compareWithUnedited && edited;
  const bytesPerToken = measuresKl ? 2 * 4 * model.runtime.spec.d_vocab : 0;
  const batchTokens = boundedBatchTokens(turn.batchTokens, plan, bytesPerToken);
  const scores: Score[] = [];
  for (const batch of planBatches(sequences.lengths, batchTokens)) {
    turn.signal.throwIfAborted();
    const forward = (unedited: boolean) =>
      turn.admission.step(() =>
        forwardBatch(question, batch, {
          unedited,
          scores: true,
          logits: measuresKl ? 'all' : 'none',
          signal: turn.signal,
        }),
      );
    const steered = await forward(false);
    const kl = measuresKl ? await batchKl(steered, await forward(true), turn.signal) : undefined;
    batch.sequences.forEach((sequence, row) => {
      scores[sequence] = rowScore(question, { steered, row, kl });
    });
  }
  return scores;
}

/** KL(unedited ‖ edited) at every position of a batch [B*T]. */
async function batchKl(steered: BatchResult, plain: BatchResult, signal: AbortSignal): Promise<Float32Array> {
  const places = steered.batch.sequences.length * steered.batch.positions;
  const edited = steered.result.logits!;
  const unedited = plain.result.logits!;
  const V = edited.length / places;
  const kl = new Float32Array(places);
  const pause = createPacer(signal);
  for (let place = 0; place < places; place++) {
    const from = place * V;
    kl[place] = klDivergence(unedited.subarray(from, from + V), edited.subarray(from, from + V));
    await pause();
  }
  return kl;
}

interface ScoredRow {
  steered: BatchResult;
  row: number;
  kl: Float32Array | undefined;
}

function rowScore(question: ScoreQuestion, { steered, row, kl }: ScoredRow): Score {
  const { batch, result } = steered;
  const length = question.sequences.lengths[batch.sequences[row]!]!;
  const first = row * batch.positions;
  const nll = result.scores!.nll.slice(first + 1, first + length);
  requireNumbers(nll);
  const unchanged = question.compareWithUnedited ? new Float32Array(length - 1) : undefined;
  return {
    nll,
    meanNll: nll.length === 0 ? 0 : nll.reduce((sum, value) => sum + value, 0) / nll.length,
    kl: kl?.slice(first, first + length - 1) ?? unchanged,
    evidence: rowEvidence(question, steered, row),
  };
}

function requireNumbers(nll: Float32Array): void {
  const index = nll.findIndex((value) => !Number.isFinite(value));
  if (index >= 0)
    throw new FacetError(
      'invalid',
      `the nll of token ${index + 1} is ${nll[index]}; an intervention of this strength makes the model overflow`,
      { field: 'interventions', reason: 'LOGITS_NOT_FINITE' },
    );
}
