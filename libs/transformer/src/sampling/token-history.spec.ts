import type { SamplingOptions } from './sampling-options.ts';
import { createTokenHistory } from './token-history.ts';

/** Adjusts the logits of a text with this prompt and these generated tokens. */
function adjusted(logits: number[], options: SamplingOptions, [prompt, generated]: [number[], number[]]) {
  const history = createTokenHistory(options, Int32Array.from(prompt))!;
  for (const id of generated) history.add(id);
  const row = Float32Array.from(logits);
  history.adjust(row);
  return [...row];
}

describe('createTokenHistory', () => {
  test.each<[string, SamplingOptions, [number[], number[]], number[]]>([
    [
      'divides positive and multiplies negative logits, once',
      { repetitionPenalty: 2 },
      [[0, 1, 1], [2]],
      [2, -4, 0, 8],
    ],
    ['below 1 raises what was said', { repetitionPenalty: 0.5 }, [[0], [1, 3]], [8, -1, 0, 16]],
    [
      'counts generated tokens for the frequency',
      { frequencyPenalty: 0.5 },
      [
        [0, 0],
        [1, 1, 3],
      ],
      [4, -3, 0, 7.5],
    ],
    [
      'counts presence of generated tokens once',
      { presencePenalty: 1.5 },
      [
        [0, 2],
        [1, 1, 3],
      ],
      [4, -3.5, 0, 6.5],
    ],
    [
      'adds biases, whatever was said',
      {
        logitBias: [
          { tokenId: 2, bias: -3 },
          { tokenId: 0, bias: 1 },
        ],
      },
      [[], []],
      [5, -2, -3, 8],
    ],
    [
      'a negative penalty rewards',
      { presencePenalty: -1, frequencyPenalty: -0.5 },
      [[], [3, 3]],
      [4, -2, 0, 10],
    ],
    // (8 + 2) / 2 − 2·0.25 − 1: bias, repetition, frequency, presence.
    [
      'keeps the order',
      {
        logitBias: [{ tokenId: 3, bias: 2 }],
        repetitionPenalty: 2,
        frequencyPenalty: 0.25,
        presencePenalty: 1,
      },
      [[], [3, 3]],
      [4, -2, 0, 3.5],
    ],
    // The sign that decides is the one after the bias: 4 − 5 = −1, doubled.
    [
      'biases before it penalises',
      { logitBias: [{ tokenId: 0, bias: -5 }], repetitionPenalty: 2 },
      [[0], []],
      [-2, -2, 0, 8],
    ],
  ])('%s', (_, options, tokens, expected) => {
    expect(adjusted([4, -2, 0, 8], options, tokens)).toEqual(expected);
  });

  test('leaves forbidden tokens forbidden', () => {
    const options = { repetitionPenalty: 2, presencePenalty: -2, logitBias: [{ tokenId: 0, bias: 100 }] };
    expect(adjusted([Number.NEGATIVE_INFINITY, 1], options, [[], [0]])[0]).toBe(Number.NEGATIVE_INFINITY);
  });

  test('is not there where nothing is changed', () => {
    expect(
      createTokenHistory({ temperature: 0.5, topK: 3, logitBias: [] }, Int32Array.of(1)),
    ).toBeUndefined();
    expect(
      createTokenHistory({ repetitionPenalty: 1, presencePenalty: 0 }, Int32Array.of(1)),
    ).toBeUndefined();
  });
});
