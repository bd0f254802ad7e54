import { DataType } from '@facet/contracts';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { floats, randomIntervention, tokens } from '../testing/messages.ts';
import { type BadInput, drain, expectRefusal } from '../testing/refusals.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

type Compute = Parameters<InferenceSetup['client']['computeActivations']>[0];

const hookPoint = 'blocks.0.hook_resid_post';
const model = 'models/m';

describeSharedModels(({ directory }) => {
  let setup: InferenceSetup;
  let width: number;
  beforeAll(async () => {
    setup = await serveInference(`m=${directory}`);
    width = (await setup.client.getModel({ name: model })).model!.dModel;
  });
  afterAll(() => setup?.close());

  const compute = (request: Compute) =>
    drain(
      setup.client.computeActivations({
        model,
        hookPoints: [hookPoint],
        input: { $case: 'tokens', value: tokens([1, 2]) },
        ...request,
      }),
    );
  const many = (length: number) => Array.from({ length }, (_, i) => i);

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

  test.each(contexts)('refuses %s', (_, call, field, ...words) => expectRefusal(call, field, words));

  test('does no model work for what it refuses', async () => {
    const { forwards, steps } = setup.work;
    await expect(compute({ hookPoints: ['nowhere'] })).rejects.toThrow();
    expect(setup.work).toMatchObject({ forwards, steps });
  });
});
