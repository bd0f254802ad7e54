import type { ReplacementRows, ScoreReplacementsRequest } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { readRows } from './replacement-messages.ts';
import type { RowSource, StreamedScoreQuestion } from './score-streamed.ts';

/** Reads the rows of `question` from the messages that follow it; at most one message is read ahead. */
export function createRowSource(
  messages: AsyncIterator<ScoreReplacementsRequest>,
  question: StreamedScoreQuestion,
): RowSource {
  const tokens = question.sequences.ids.length;
  const widths = question.replacements.flatMap(({ rows, width }) => (rows === undefined ? [width] : []));
  /** Rows of the last message that were not taken yet, and the token of the first. */
  let held: Float32Array[] = widths.map(() => new Float32Array());
  let at = 0;
  const heldTokens = () => held[0]!.length / widths[0]!;

  const read = async () => {
    const { done, value } = await messages.next();
    if (done)
      throw invalid(
        `the stream ended after the rows of ${at} of ${tokens} tokens; send the rest`,
        'ROWS_MISSING',
      );
    if (value.part?.$case !== 'rows')
      throw invalid('only rows may follow the first message', 'REQUEST_REPEATED');
    held = readMessage(value.part.value, { widths, at, tokens });
  };
  return {
    async take(count) {
      const taken = widths.map((width) => new Float32Array(count * width));
      for (let filled = 0; filled < count; ) {
        if (heldTokens() === 0) await read();
        const n = Math.min(heldTokens(), count - filled);
        held.forEach((rows, index) => {
          const width = widths[index]!;
          taken[index]!.set(rows.subarray(0, n * width), filled * width);
          held[index] = rows.subarray(n * width);
        });
        filled += n;
        at += n;
      }
      return taken;
    },
    async end() {
      const { done } = await messages.next();
      if (!done) throw invalid(`all ${tokens} tokens have their rows; end the stream there`, 'ROWS_REPEATED');
    },
  };
}

interface Expected {
  widths: readonly number[];
  /** Tokens that have their rows. */
  at: number;
  tokens: number;
}

function readMessage(
  { firstToken, activations }: ReplacementRows,
  { widths, at, tokens }: Expected,
): Float32Array[] {
  if (firstToken !== at)
    throw invalid(`first_token is ${firstToken}; the next row is that of token ${at}`, 'ROWS_OUT_OF_ORDER');
  if (activations.length !== widths.length)
    throw invalid(`${activations.length} tensors; ${widths.length} replacements wait for rows`);
  const rows = activations.map((tensor, index) =>
    readRows(tensor, widths[index]!, `rows.activations[${index}]`),
  );
  const counts = rows.map(({ length }, index) => length / widths[index]!);
  const [count] = counts as [number];
  if (count === 0 || counts.some((other) => other !== count))
    throw invalid(`tensors of ${counts.join(', ')} rows; give all the same number, at least one`);
  if (at + count > tokens)
    throw invalid(
      `rows for tokens ${at} to ${at + count - 1}; the request has ${tokens} tokens`,
      'ROWS_REPEATED',
    );
  return rows;
}

function invalid(problem: string, reason = 'INVALID_REPLACEMENT'): FacetError {
  return new FacetError('invalid', `rows: ${problem}`, { field: 'rows', reason });
}
