import { describeSharedModels } from '@facet/model-runtime/testing';
import { type BadInput, drain, expectRefusal } from '../testing/refusals.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

describeSharedModels(({ directory }) => {
  let setup: InferenceSetup;
  beforeAll(async () => {
    setup = await serveInference(`m=${directory}`);
  });
  afterAll(() => setup?.close());

  const prompt = { $case: 'text', value: 'Once' } as const;
  const sampling = (options: object) =>
    drain(setup.client.generateText({ model: 'models/m', prompt, sampling: options }));
  const many = (length: number) => Array.from({ length }, (_, i) => i);

  const refused: BadInput[] = [
    ['a cold temperature', () => sampling({ temperature: -1 }), 'sampling.temperature', '-1'],
    ['a hot temperature', () => sampling({ temperature: 101 }), 'sampling.temperature', '101'],
    ['no temperature', () => sampling({ temperature: Number.NaN }), 'sampling.temperature', 'NaN'],
    ['a top_p of 0', () => sampling({ topP: 0 }), 'sampling.top_p', '0'],
    ['a min_p above 1', () => sampling({ minP: 1.5 }), 'sampling.min_p', 'min_p 1.5', '0 (all) to 1'],
    ['no min_p', () => sampling({ minP: Number.NaN }), 'sampling.min_p', 'NaN'],
    [
      'a repetition_penalty of 0',
      () => sampling({ repetitionPenalty: 0 }),
      'sampling.repetition_penalty',
      'repetition_penalty 0 ',
      '0.01 to 100',
    ],
    [
      'an endless repetition_penalty',
      () => sampling({ repetitionPenalty: Number.POSITIVE_INFINITY }),
      'sampling.repetition_penalty',
      'Infinity',
    ],
    [
      'a strong presence_penalty',
      () => sampling({ presencePenalty: 2.5 }),
      'sampling.presence_penalty',
      '2.5',
    ],
    [
      'no presence_penalty',
      () => sampling({ presencePenalty: Number.NaN }),
      'sampling.presence_penalty',
      'NaN',
    ],
    [
      'a strong frequency_penalty',
      () => sampling({ frequencyPenalty: -3 }),
      'sampling.frequency_penalty',
      '-3',
    ],
    [
      'a bias for a token that is none',
      () =>
        sampling({
          logitBias: [
            { tokenId: 1, bias: 1 },
            { tokenId: 9999, bias: 1 },
          ],
        }),
      'sampling.logit_bias[1].token_id',
      '9999',
      'the vocabulary, 0 to',
    ],
    [
      'two biases for one token',
      () =>
        sampling({
          logitBias: [
            { tokenId: 7, bias: 1 },
            { tokenId: 7, bias: 1 },
          ],
        }),
      'sampling.logit_bias[1].token_id',
      '7',
      'logit_bias[0]',
    ],
    [
      'a bias that is no number',
      () => sampling({ logitBias: [{ tokenId: 7, bias: Number.NaN }] }),
      'sampling.logit_bias[0].bias',
      'NaN',
    ],
    [
      'a bias that is too strong',
      () => sampling({ logitBias: [{ tokenId: 7, bias: 100.5 }] }),
      'sampling.logit_bias[0].bias',
      '100.5',
      '-100 to 100',
    ],
    [
      'too many biases',
      () => sampling({ logitBias: many(1025).map((tokenId) => ({ tokenId, bias: 0 })) }),
      'sampling.logit_bias',
      '1025',
      '1024',
    ],
    ['too many top_logprobs', () => sampling({ topLogprobs: 21 }), 'sampling.top_logprobs', '21', '0 to 20'],
  ];
  test.each(refused)('refuses %s', async (_, call, field, ...words) => {
    await expectRefusal(call, field, words);
    expect(setup.work.steps).toBe(0);
  });
});
