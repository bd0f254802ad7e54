import { FacetError } from '@facet/errors';
import type { ScoreComparison } from '@facet/model-runtime';
import type { InterventionProof } from '../editing/edit-proofs.ts';
import {
  type BatchResult,
  boundedBatchTokens,
  type EditedContexts,
  forwardBatch,
  lengthsOf,
  rowProofs,
} from '../editing/edited-forward.ts';
import { type Batch, batchTokensOf, planBatches } from '../scheduling/batches.ts';
import type { ModelTurn } from '../scheduling/scheduler.ts';
import { type ActivationReplacement, batchReplacement, fillOwnRows } from './activation-replacements.ts';

/** What ScoreText runs. */
export interface ScoreQuestion extends EditedContexts {
  /** Vectors to go on with; interventions at the same hook point change them. */
  replacements: readonly ActivationReplacement[];
  /** Whether anything is changed: the interventions have a rule, or there are replacements. */
  edited: boolean;
  /** Whether `uneditedNll` and `kl` are measured. */
  compareWithUnedited: boolean;
}

/** How likely the model finds a sequence of T tokens. */
export interface Score {
  /** [T − 1], of tokens 1 to T − 1 given all before. */
  nll: Float32Array;
  /** 0 where T is 1. */
  meanNll: number;
  /** [T − 1]: the same under the unedited model. */
  uneditedNll: Float32Array | undefined;
  /** [T − 1]: KL(unedited ‖ edited) at positions 0 to T − 2. */
  kl: Float32Array | undefined;
  proofs: readonly InterventionProof[];
}

/** Scores every sequence; the answers stand in the order of the request. */
export async function scoreText(question: ScoreQuestion, turn: ModelTurn): Promise<Score[]> {
  const { sequences, edited, compareWithUnedited } = question;
  const score = edited && compareWithUnedited ? compareBatch : scoreBatch;
  const batchTokens = scoreBatchTokens(question, turn);
  const scores: Score[] = [];
  for (const batch of planBatches(sequences.lengths, batchTokens)) {
    turn.signal.throwIfAborted();
    const scored = await score(question, batch, turn);
    batch.sequences.forEach((sequence, row) => {
      scores[sequence] = rowScore(question, scored, row);
    });
  }
  return scores;
}

/** Tokens of one step, padding included. */
export function scoreBatchTokens(
  {
    model,
    plan,
    replacements,
  }: Pick<EditedContexts, 'model' | 'plan'> & { replacements: readonly { width: number }[] },
  turn: ModelTurn,
): number {
  const floatsPerToken = 2 * model.runtime.spec.d_model + widthOf(replacements);
  return boundedBatchTokens(turn.batchTokens, plan, floatsPerToken * 4);
}

/** A batch with what was measured [B*T]; entry (b, t) is about token t. */
interface ScoredBatch {
  forward: BatchResult;
  nll: Float32Array;
  comparison?: ScoreComparison;
}

async function scoreBatch(question: ScoreQuestion, batch: Batch, turn: ModelTurn): Promise<ScoredBatch> {
  const replacements = question.replacements.map((replacement) =>
    batchReplacement(replacement, question.sequences, batch),
  );
  const { signal } = turn;
  const forward = await turn.admission.step(() =>
    forwardBatch(question, batch, { replacements, scores: true, signal }),
  );
  return { forward, nll: forward.result.scores!.nll };
}

/** Runs a batch unedited and edited, and compares the two from their last residuals. */
async function compareBatch(question: ScoreQuestion, batch: Batch, turn: ModelTurn): Promise<ScoredBatch> {
  const { model, sequences } = question;
  const { signal } = turn;
  const own = ownHookPoints(question);
  const plain = await turn.admission.step(() =>
    forwardBatch(question, batch, { unedited: true, hookPoints: own, residual: true, signal }),
  );
  const replacements = question.replacements.map((replacement) => {
    const laid = batchReplacement(replacement, sequences, batch);
    const rows = plain.result.activations.get(laid.hookPoint)?.data;
    return rows === undefined ? laid : fillOwnRows(laid, rows as Float32Array);
  });
  const forward = await turn.admission.step(() =>
    forwardBatch(question, batch, { replacements, residual: true, signal }),
  );
  const comparison = await turn.admission.step(() =>
    model.runtime.compareScores({
      tokens: batchTokensOf(sequences, batch),
      batch: batch.sequences.length,
      lengths: lengthsOf(question, batch),
      edited: forward.result.residual!,
      unedited: plain.result.residual!,
      signal,
    }),
  );
  return { forward, nll: comparison.nll, comparison };
}

/**
 * Where the unedited model's own rows may stand in for what a mask leaves alone: with a single replacement and no
 * interventions nothing before the hook point differs, and it need not run twice.
 */
function ownHookPoints({ replacements, plan }: ScoreQuestion): string[] {
  const [only, ...others] = replacements;
  const isAlone = only?.mask !== undefined && others.length === 0 && plan.ports.length === 0;
  return isAlone ? [only.hookPoint] : [];
}

function rowScore(question: ScoreQuestion, { forward, nll, comparison }: ScoredBatch, row: number): Score {
  const { batch } = forward;
  const length = question.sequences.lengths[batch.sequences[row]!]!;
  const first = row * batch.positions;
  const cut = (entries: Float32Array) => entries.slice(first + 1, first + length);
  const own = cut(nll);
  requireNumbers(own);
  return {
    nll: own,
    meanNll: own.length === 0 ? 0 : own.reduce((sum, value) => sum + value, 0) / own.length,
    ...(question.compareWithUnedited
      ? {
          uneditedNll: comparison ? cut(comparison.uneditedNll) : own,
          kl: comparison ? cut(comparison.kl) : new Float32Array(length - 1),
        }
      : { uneditedNll: undefined, kl: undefined }),
    proofs: rowProofs(question, forward, row),
  };
}

function widthOf(replacements: readonly { width: number }[]): number {
  return replacements.reduce((sum, { width }) => sum + 2 * width, 0);
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
