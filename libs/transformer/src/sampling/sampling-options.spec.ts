import { requireSamplingOptions, type SamplingOptions } from './sampling-options.ts';

const D_VOCAB = 50;

describe('requireSamplingOptions', () => {
  test.each<SamplingOptions>([
    {},
    { temperature: 0, topK: 0, topP: 1, minP: 0, topLogprobs: 0 },
    { temperature: 100, topK: 1e9, topP: 1e-9, minP: 1, topLogprobs: 20 },
    { repetitionPenalty: 0.01, presencePenalty: -2, frequencyPenalty: 2 },
    { repetitionPenalty: 100, presencePenalty: 2, frequencyPenalty: -2 },
    {
      logitBias: [
        { tokenId: 0, bias: -100 },
        { tokenId: D_VOCAB - 1, bias: 100 },
      ],
    },
  ])('takes %j', (options) => {
    expect(() => requireSamplingOptions(options, D_VOCAB)).not.toThrow();
  });

  const bias = (...list: [number, number][]) => ({
    logitBias: list.map(([tokenId, value]) => ({ tokenId, bias: value })),
  });
  test.each<[SamplingOptions, string, ...string[]]>([
    [{ temperature: -0.1 }, 'temperature', '-0.1', '0 (greedy) to 100'],
    [{ temperature: 100.1 }, 'temperature', '100.1'],
    [{ temperature: Number.NaN }, 'temperature', 'NaN'],
    [{ topK: -1 }, 'top_k', '-1'],
    [{ topK: 1.5 }, 'top_k', '1.5'],
    [{ topP: 0 }, 'top_p', '0', 'over 0 to 1'],
    [{ topP: 1.01 }, 'top_p', '1.01'],
    [{ minP: -0.01 }, 'min_p', '-0.01', '0 (all) to 1'],
    [{ minP: 1.01 }, 'min_p', '1.01'],
    [{ minP: Number.NaN }, 'min_p', 'NaN'],
    [{ repetitionPenalty: 0 }, 'repetition_penalty', 'repetition_penalty 0 ', '0.01 to 100; 1 is none'],
    [{ repetitionPenalty: -1.2 }, 'repetition_penalty', '-1.2'],
    [{ repetitionPenalty: Number.POSITIVE_INFINITY }, 'repetition_penalty', 'Infinity'],
    [{ repetitionPenalty: Number.NaN }, 'repetition_penalty', 'NaN'],
    [{ presencePenalty: 2.1 }, 'presence_penalty', '2.1', '-2 to 2'],
    [{ presencePenalty: Number.NaN }, 'presence_penalty', 'NaN'],
    [{ frequencyPenalty: -2.1 }, 'frequency_penalty', '-2.1', '-2 to 2'],
    [{ frequencyPenalty: Number.NEGATIVE_INFINITY }, 'frequency_penalty', '-Infinity'],
    [{ topLogprobs: 21 }, 'top_logprobs', '21', '0 to 20'],
    [{ topLogprobs: 0.5 }, 'top_logprobs', '0.5'],
    [bias([1, 1], [50, 1]), 'logit_bias[1].token_id', 'token_id 50', '0 to 49'],
    [bias([-1, 1]), 'logit_bias[0].token_id', 'token_id -1'],
    [bias([1.5, 1]), 'logit_bias[0].token_id', 'token_id 1.5'],
    [
      bias([7, 1], [8, 1], [7, 2]),
      'logit_bias[2].token_id',
      'token_id 7',
      'logit_bias[0]',
      'every token one',
    ],
    [bias([7, 100.5]), 'logit_bias[0].bias', '100.5', '-100 to 100'],
    [bias([7, Number.NaN]), 'logit_bias[0].bias', 'NaN'],
    [bias([7, Number.NEGATIVE_INFINITY]), 'logit_bias[0].bias', '-Infinity'],
  ])('refuses %j', (options, field, ...words) => {
    const refused = catchError(() => requireSamplingOptions(options, D_VOCAB));
    expect(refused).toMatchObject({ kind: 'invalid', field });
    for (const word of words) expect(refused.message).toContain(word);
  });

  test('refuses more biases than the limit, whatever they are', () => {
    const logitBias = Array.from({ length: 1025 }, (_, tokenId) => ({ tokenId, bias: 0 }));
    const refused = catchError(() => requireSamplingOptions({ logitBias }, 2000));
    expect(refused).toMatchObject({ kind: 'invalid', field: 'logit_bias' });
    expect(refused.message).toMatch(/1025 .* 1024/);
  });
});

function catchError(call: () => void): Error {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was accepted');
}
