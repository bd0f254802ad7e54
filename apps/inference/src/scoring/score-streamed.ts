import { planWindows } from '../scheduling/batches.ts';
import type { ModelTurn } from '../scheduling/scheduler.ts';
import { splitSequences } from '../tokens/token-sequences.ts';
import type { ActivationReplacement, ReplacedHookPoint } from './activation-replacements.ts';
import { type Score, type ScoreQuestion, scoreBatchTokens, scoreText } from './score-text.ts';

/** What ScoreReplacements runs: rows of some replacements are still to come. */
export type StreamedScoreQuestion = Omit<ScoreQuestion, 'replacements'> & {
  replacements: readonly ReplacedHookPoint[];
};

/** Rows that come in the order of the tokens. */
export interface RowSource {
  /** Waits for the rows of the next `count` tokens: [count, width] for each replacement that has none, in order. */
  take(count: number): Promise<Float32Array[]>;
  /** Throws `invalid` where anything follows the rows of the last token. */
  end(): Promise<void>;
}

/**
 * Scores sequences as `scoreText` does, bit for bit, as soon as their rows have come. Only the rows of one window of
 * batches are held at a time, within the memory budget, so a caller that sends faster than the model works waits.
 */
export async function scoreStreamed(
  question: StreamedScoreQuestion,
  rows: RowSource,
  turn: ModelTurn,
): Promise<Score[]> {
  const scores: Score[] = [];
  for (const window of planWindows(question.sequences.lengths, scoreBatchTokens(question, turn))) {
    const hold = question.model.memory.hold({ purpose: 'replacements', bytes: rowBytes(question, window) });
    try {
      const part = await takePart(question, window, rows);
      const scored = await scoreText(part, turn);
      scores.push(...scored.map((score) => inWhole(score, window[0]!)));
    } finally {
      hold.free();
    }
  }
  await rows.end();
  return scores;
}

/** Bytes of the rows that a window of sequences waits for. */
function rowBytes({ sequences, replacements }: StreamedScoreQuestion, window: readonly number[]): number {
  const tokens = window.reduce((sum, sequence) => sum + sequences.lengths[sequence]!, 0);
  const width = replacements.reduce((sum, { rows, width: own }) => sum + (rows ? 0 : own), 0);
  return tokens * width * Float32Array.BYTES_PER_ELEMENT;
}

/** The question about consecutive sequences of a request, with their rows. */
async function takePart(
  question: StreamedScoreQuestion,
  window: readonly number[],
  rows: RowSource,
): Promise<ScoreQuestion> {
  const { ids, starts, lengths } = question.sequences;
  const [first, last] = [window[0]!, window.at(-1)!];
  const [from, to] = [starts[first]!, starts[last]! + lengths[last]!];
  const fresh = await rows.take(to - from);
  const replacements = question.replacements.map((replaced): ActivationReplacement => {
    const { hookPoint, width, mask } = replaced;
    const own = replaced.rows === undefined ? fresh.shift()! : cutRows(replaced.rows, width, [from, to]);
    return { hookPoint, width, rows: own, ...(mask && { mask: mask.subarray(from, to) }) };
  });
  const sequences = splitSequences(ids.subarray(from, to), lengths.slice(first, last + 1));
  return { ...question, sequences, replacements };
}

function cutRows(rows: Float32Array, width: number, [from, to]: [number, number]): Float32Array {
  return rows.length === width ? rows : rows.subarray(from * width, to * width);
}

function inWhole(score: Score, first: number): Score {
  return { ...score, proofs: score.proofs.map((proof) => ({ ...proof, sequence: proof.sequence + first })) };
}
