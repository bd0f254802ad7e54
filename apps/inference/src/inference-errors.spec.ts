import { DataType, Intervention } from '@facet/contracts';
import { describeSharedModels } from './runtime/testing/shared-models.ts';
import { floats, randomIntervention, tokens } from './testing/messages.ts';
import { type InferenceSetup, serveInference } from './testing/serve-inference.ts';

type Client = InferenceSetup['client'];
type Generate = Parameters<Client['generateText']>[0];
type Compute = Parameters<Client['computeActivations']>[0];

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

  const drain = async (stream: AsyncIterable<unknown>) => {
    for await (const _ of stream);
  };
  const generate = (request: Generate) =>
    drain(setup.client.generateText({ model, prompt: { $case: 'text', value: 'Once' }, ...request }));
  const compute = (request: Compute) =>
    drain(
      setup.client.computeActivations({
        model,
        hookPoints: [hookPoint],
        input: { $case: 'tokens', value: tokens([1, 2]) },
        ...request,
      }),
    );
  const sampling = (options: object) => generate({ sampling: options });
  const variants = (...list: object[]) => generate({ variants: list });
  const steer = (change: object, rule: object = {}) => {
    const whole = randomIntervention(hookPoint, { width, features: 2 }, [{ feature: 0, scale: 1, ...rule }]);
    return variants({ id: 'v', interventions: [Intervention.fromPartial({ ...whole, ...change })] });
  };
  const many = (length: number) => Array.from({ length }, (_, i) => i);
  const place = 'variants[0].interventions[0]';

  /** What is asked, the field at fault, and words of the message: the value and what is possible. */
  type BadInput = [string, () => Promise<unknown>, string | undefined, ...string[]];
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
    ['a cold temperature', () => sampling({ temperature: -1 }), 'sampling.temperature', '-1'],
    ['a hot temperature', () => sampling({ temperature: 101 }), 'sampling.temperature', '101'],
    ['no temperature', () => sampling({ temperature: Number.NaN }), 'sampling.temperature', 'NaN'],
    ['a top_p of 0', () => sampling({ topP: 0 }), 'sampling.top_p', '0'],
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
  const contexts: BadInput[] = [
    ['no hook point', () => compute({ hookPoints: [] }), 'hook_points', '0 hook points'],
    ['a hook point twice', () => compute({ hookPoints: [hookPoint, hookPoint] }), 'hook_points', 'twice'],
    [
      'an unknown hook point',
      () => compute({ hookPoints: ['blocks.77.hook_resid_post'] }),
      'hook_points[0]',
      'does not exist',
      'blocks 0 to',
    ],
    ['a wrong element type', () => compute({ dtype: DataType.I64 }), 'dtype', 'I64'],
    ['no input', () => compute({ input: undefined }), 'texts', 'nothing to run'],
    [
      'an empty context',
      () => compute({ input: { $case: 'tokens', value: tokens([1], []) } }),
      'tokens',
      'sequence 1 has no tokens',
    ],
    [
      'a context that is too long',
      () => compute({ input: { $case: 'tokens', value: tokens(new Array(513).fill(5)) } }),
      'tokens',
      '513',
      '512',
    ],
    [
      'too many contexts',
      () => compute({ input: { $case: 'tokens', value: tokens(...many(4097).map(() => [1])) } }),
      'tokens.lengths',
      '4097',
      '4096',
    ],
    [
      'too many tokens',
      () =>
        compute({
          input: { $case: 'tokens', value: tokens(...many(513).map(() => new Array(512).fill(5))) },
        }),
      'tokens.lengths',
      '262656',
      '262144',
    ],
    [
      'lengths that do not add up',
      () => compute({ input: { $case: 'tokens', value: { ...tokens([1, 2]), lengths: [3] } } }),
      'tokens.token_ids',
      '[2]',
      '[3]',
    ],
    [
      'a scope without positions',
      () =>
        compute({
          interventions: [
            randomIntervention(hookPoint, { width }, [{ feature: 0, scope: 'EDIT_SCOPE_GENERATED' }]),
          ],
        }),
      'interventions[0].rules[0].scope',
      'nothing is generated',
    ],
    [
      'too many texts',
      () =>
        setup.client.scoreText({
          model,
          input: { $case: 'texts', value: { texts: new Array(257).fill('a') } },
        }),
      'texts',
      '257',
      '256',
    ],
    [
      'an answer that does not fit',
      () =>
        setup.client.scoreText({
          model,
          input: { $case: 'tokens', value: tokens(...many(40).map(() => new Array(500).fill(5))) },
          interventions: [randomIntervention(hookPoint, { width, features: 100 })],
        }),
      undefined,
      'score fewer tokens',
    ],
    [
      'too many texts to tokenize',
      () => setup.client.tokenizeText({ model, texts: new Array(4097).fill('') }),
      'texts',
      '4097',
      '4096',
    ],
    [
      'no directions',
      () => setup.client.projectToVocabulary({ model, directions: floats([], [0, width]) }),
      'directions',
      'no directions',
    ],
    [
      'directions of another width',
      () => setup.client.projectToVocabulary({ model, directions: floats([1, 2], [1, 2]) }),
      'directions',
      '[1,2]',
    ],
    [
      'too many tokens of a direction',
      () =>
        setup.client.projectToVocabulary({
          model,
          directions: floats(new Float32Array(width), [1, width]),
          top: 1001,
        }),
      'top',
      '1001',
      '1000',
    ],
    [
      'a page token from elsewhere',
      () => setup.client.listModels({ pageToken: 'bogus' }),
      'page_token',
      'page_token',
    ],
  ];

  test.each([...generation, ...interventions, ...contexts])(
    'refuses %s',
    async (_, call, field, ...words) => {
      const error = await call().then(
        () => 'it was accepted',
        (thrown) => thrown,
      );
      expect(error).toMatchObject({ kind: 'invalid', field });
      for (const word of words) expect(error.message).toContain(word);
      expect(error.reason).toMatch(/^[A-Z_]+$/);
    },
  );

  test('does no model work for what it refuses', async () => {
    const { forwards, steps } = setup.work;
    await expect(steer({}, { scale: 1e9 })).rejects.toThrow();
    await expect(compute({ hookPoints: ['nowhere'] })).rejects.toThrow();
    expect(setup.work).toEqual({ forwards, steps });
  });

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
