import { DataType, Intervention } from '@facet/contracts';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { floats, randomIntervention, tokens } from '../testing/messages.ts';
import { type BadInput, drain, expectRefusal } from '../testing/refusals.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

type Generate = Parameters<InferenceSetup['client']['generateText']>[0];

const hookPoint = 'blocks.0.hook_resid_post';
const model = 'models/m';

describeSharedModels(({ directory, golden }) => {
  let setup: InferenceSetup;
  let width: number;
  beforeAll(async () => {
    setup = await serveInference(`m=${directory}`);
    width = (await setup.client.getModel({ name: model })).model!.dModel;
  });
  afterAll(() => setup?.close());

  const generate = (request: Generate) =>
    drain(setup.client.generateText({ model, prompt: { $case: 'text', value: 'Once' }, ...request }));
  const sampling = (options: object) => generate({ sampling: options });
  const variants = (...list: object[]) => generate({ variants: list });
  const steer = (change: object, rule: object = {}) => {
    const whole = randomIntervention(hookPoint, { width, features: 2 }, [{ feature: 0, scale: 1, ...rule }]);
    return variants({ id: 'v', interventions: [Intervention.fromPartial({ ...whole, ...change })] });
  };
  const many = (length: number) => Array.from({ length }, (_, i) => i);
  const place = 'variants[0].interventions[0]';

  const generation: BadInput[] = [
    ['a name that is none', () => setup.client.getModel({ name: 'm' }), 'name', '"m"', 'models/{id}'],
    ['no prompt', () => generate({ prompt: undefined }), 'text', 'missing'],
    [
      'an unknown token',
      () => generate({ prompt: { $case: 'tokens', value: tokens([9999]) } }),
      'tokens',
      '9999',
      'vocabulary',
    ],
    ['no tokens', () => generate({ prompt: { $case: 'tokens', value: tokens([]) } }), 'tokens', 'no tokens'],
    [
      'two prompts',
      () => generate({ prompt: { $case: 'tokens', value: tokens([1], [1]) } }),
      'tokens.lengths',
      '2 sequences',
    ],
    [
      'a prompt longer than the context',
      () => generate({ prompt: { $case: 'text', value: 'Once upon a time '.repeat(400) } }),
      'text',
      '512',
    ],
    [
      'a prompt that leaves no room',
      () => generate({ prompt: { $case: 'tokens', value: tokens(new Array(512).fill(5)) } }),
      'text',
      '512',
      'shorten',
    ],
    [
      'more tokens than fit',
      () => sampling({ maxTokens: 512 }),
      'sampling.max_tokens',
      '512 are to be generated',
      'context of the model is 512',
    ],
    ['an empty stop text', () => sampling({ stop: ['a', ''] }), 'sampling.stop[1]', '0 characters'],
    ['too many stop texts', () => sampling({ stop: many(17).map(String) }), 'sampling.stop', '17', '16'],
    ['too many variants', () => variants(...many(17).map((i) => ({ id: `${i}` }))), 'variants', '17', '16'],
    ['two variants of one name', () => variants({ id: 'a' }, { id: 'a' }), 'variants[1].id', '"a"'],
    ['a variant without a name', () => variants({ id: '' }), 'variants[0].id', '0 characters'],
  ];
  const interventions: BadInput[] = [
    [
      'an unknown hook point',
      () => steer({ hookPoint: 'blocks.0.hook_resid_pots' }),
      `${place}.hook_point`,
      'nearest is blocks.0.hook_resid_post',
    ],
    [
      'rows of another width',
      () => steer({ encoderRows: floats([1, 2], [1, 2]) }),
      `${place}.encoder_rows`,
      '[1,2]',
    ],
    ['a missing tensor', () => steer({ decoderRows: undefined }), `${place}.decoder_rows`, 'missing'],
    [
      'biases for other features',
      () => steer({ encoderBias: floats([1], [1]) }),
      `${place}.encoder_bias`,
      '[1]',
      '[2]',
    ],
    [
      'bytes that do not fill the shape',
      () => steer({ threshold: { ...floats([1], [1]), shape: [2] } }),
      `${place}.threshold`,
      '4 bytes',
      '8',
    ],
    [
      'another element type',
      () => steer({ threshold: { ...floats([1, 1], [2]), dtype: DataType.F16 } }),
      `${place}.threshold`,
      'F16',
      'F32',
    ],
    [
      'a bias that is not finite',
      () => steer({ encoderBias: floats([0, Number.NaN], [2]) }),
      `${place}.encoder_bias`,
      'NaN',
      'index 1',
    ],
    [
      'a feature that does not exist',
      () => steer({}, { feature: 2 }),
      `${place}.rules[0].feature`,
      'feature 2',
    ],
    [
      'a gate that does not exist',
      () => steer({}, { gateThreshold: 0, gateFeature: 7 }),
      `${place}.rules[0].gate_feature`,
      'feature 7',
    ],
    [
      'a gate without threshold',
      () => steer({}, { gateFeature: 1 }),
      `${place}.rules[0].gate_feature`,
      'gate_threshold',
    ],
    [
      'an infinite gate',
      () => steer({}, { gateThreshold: Number.POSITIVE_INFINITY }),
      `${place}.rules[0].gate_threshold`,
      'Infinity',
    ],
    [
      'a strength that is not finite',
      () => steer({}, { offset: Number.NaN }),
      `${place}.rules[0].offset`,
      'NaN',
    ],
    [
      'an absurd strength',
      () => steer({}, { scale: 1e9 }),
      `${place}.rules[0].scale`,
      '1000000000',
      '±1000000',
    ],
    [
      'an empty span',
      () => steer({}, { scope: 'EDIT_SCOPE_SPAN', span: { start: 3, end: 3 } }),
      `${place}.rules[0].span`,
      '[3, 3)',
    ],
    [
      'a span beyond the context',
      () => steer({}, { scope: 'EDIT_SCOPE_SPAN', span: { start: 3, end: 600 } }),
      `${place}.rules[0].span`,
      '600',
      '512',
    ],
    [
      'a span that is missing',
      () => steer({}, { scope: 'EDIT_SCOPE_SPAN' }),
      `${place}.rules[0].span`,
      'missing',
    ],
    [
      'a span that is not used',
      () => steer({}, { span: { start: 0, end: 1 } }),
      `${place}.rules[0].span`,
      'not SPAN',
    ],
    [
      'too many features',
      () => variants({ id: 'v', interventions: [randomIntervention(hookPoint, { width, features: 257 })] }),
      `${place}.encoder_rows`,
      '257',
      '256',
    ],
    [
      'two rules for one feature',
      () =>
        variants({
          id: 'v',
          interventions: [
            randomIntervention(hookPoint, { width }, [
              { feature: 0, scale: 1 },
              { feature: 0, scale: 2 },
            ]),
          ],
        }),
      `${place}.rules[1].feature`,
      'two rules',
    ],
  ];
  test.each([...generation, ...interventions])('refuses %s', (_, call, field, ...words) =>
    expectRefusal(call, field, words),
  );

  test('names an edit that makes the model overflow', async () => {
    const overflow = randomIntervention(hookPoint, { width }, [{ feature: 0, scale: 1, offset: 1e6 }]);
    const rows = floats(new Float32Array(width).fill(1e38), [1, width]);
    const interventions = [{ ...overflow, decoderRows: rows }];
    await expect(variants({ id: 'v', interventions })).rejects.toMatchObject({
      kind: 'invalid',
      reason: 'LOGITS_NOT_FINITE',
    });
    const input = { $case: 'tokens', value: tokens(golden.cases[0]!.token_ids) } as const;
    await expect(setup.client.scoreText({ model, input, interventions })).rejects.toMatchObject({
      reason: 'LOGITS_NOT_FINITE',
    });
  });
});
