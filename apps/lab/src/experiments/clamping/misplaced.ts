import type { Clients } from '@facet/console';
import { mean } from '@facet/experiments';
import { answerTensors, idTensor } from '@facet/mesh';
import { LAB_MODEL } from '../../landmarks/lab.ts';

/** A prompt and a text behind it. */
export interface Pair {
  readonly prompt: string;
  readonly text: string;
}

/** Sequences of one request. */
const SEQUENCES_PER_REQUEST = 128;

/** Sets every text behind the next prompt of its kind: fluent texts of the model in places that they were not written for. */
export function misplace<T extends Pair & { readonly kind: string }>(pairs: readonly T[]): Pair[] {
  const kinds = [...new Set(pairs.map(({ kind }) => kind))];
  return kinds.flatMap((kind) => {
    const alike = pairs.filter((pair) => pair.kind === kind);
    return alike
      .map(({ text }, i) => ({ text, prompt: alike[(i + 1) % alike.length].prompt }))
      .filter((moved, i) => moved.prompt !== alike[i].prompt && moved.text !== '');
  });
}

/** Measures the mean nll in nats of each text's tokens behind its prompt, under the model as it is. */
export async function scorePairs(
  { inference }: Clients,
  pairs: readonly Pair[],
  signal: AbortSignal,
): Promise<number[]> {
  const scores: number[] = [];
  for (let first = 0; first < pairs.length; first += SEQUENCES_PER_REQUEST) {
    const block = pairs.slice(first, first + SEQUENCES_PER_REQUEST);
    const tokenize = (texts: string[], addSpecialTokens: boolean) =>
      inference.tokenizeText({ model: LAB_MODEL, texts, addSpecialTokens }, { signal });
    const prompts = await tokenize(
      block.map(({ prompt }) => prompt),
      true,
    );
    const texts = await tokenize(
      block.map(({ text }) => text),
      false,
    );
    const [heads, tails] = [prompts, texts].map(({ tokens }) => {
      const ids = answerTensors.ids(tokens?.tokenIds, ['n'], 'token_ids');
      return splitSequences(ids, tokens?.lengths ?? []);
    });
    const sequences = heads.map((head, i) => Int32Array.from([...head, ...tails[i]]));
    const tokens = {
      tokenIds: idTensor(Int32Array.from(sequences.flatMap((ids) => [...ids]))),
      lengths: sequences.map(({ length }) => length),
    };
    const answer = await inference.scoreText(
      { model: LAB_MODEL, input: { $case: 'tokens', value: tokens } },
      { signal },
    );
    for (const [i, { nll }] of answer.scores.entries())
      scores.push(mean([...answerTensors.floats(nll, ['n'], 'nll').subarray(heads[i].length - 1)]));
  }
  return scores;
}

function splitSequences(ids: Int32Array, lengths: readonly number[]): Int32Array[] {
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return ids.subarray(at - length, at);
  });
}
