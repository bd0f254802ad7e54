import { DataType, type Tensor } from '@facet/contracts';
import { describeSharedModels, expectClose } from '@facet/model-runtime/testing';
import { encodeF16 } from '@facet/tensor';
import { floats, randomIntervention, readFloats, tokens } from '../testing/messages.ts';
import { type BadInput, expectRefusal } from '../testing/refusals.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

type Request = Parameters<InferenceSetup['client']['scoreText']>[0];
type Replacements = NonNullable<Request['replacements']>;

const hookPoint = 'blocks.1.hook_resid_post';
const model = 'models/m';

describeSharedModels(({ directory, golden }) => {
  let setup: InferenceSetup;
  let width: number;
  let own: Float32Array;
  const contexts = golden.cases.map(({ greedy_ids }) => greedy_ids);
  const count = contexts.flat().length;
  const input = { $case: 'tokens', value: tokens(...contexts) } as const;

  beforeAll(async () => {
    // A small budget makes several batches of the few contexts.
    setup = await serveInference(`m=${directory}`, { batchTokens: 64 });
    width = (await setup.client.getModel({ name: model })).model!.dModel;
    own = await readOwn();
  });
  afterAll(() => setup?.close());

  const readOwn = async () => {
    const parts: number[] = [];
    for await (const { event } of setup.client.computeActivations({ model, hookPoints: [hookPoint], input }))
      if (event?.$case === 'block') parts.push(...readFloats(event.value.activations));
    return Float32Array.from(parts);
  };
  const score = async (replacements: Replacements, more: Request = {}) => {
    const { scores } = await setup.client.scoreText({ model, input, replacements, ...more });
    return scores;
  };
  const compare = (replacements: Replacements) => score(replacements, { compareWithUnedited: true });
  const flags = (mask: ArrayLike<number>): Tensor => {
    return { dtype: DataType.U8, shape: [mask.length], data: Buffer.from(Uint8Array.from(mask)) };
  };
  const ownRows = () => floats(own, [count, width]);
  const isFirst = contexts.flatMap((ids) => ids.map((_, t) => (t === 0 ? 1 : 0)));
  const exceptFirst = flags(isFirst.map((first) => 1 - first));

  test.each([
    ['all rows', undefined],
    ['all rows but BOS', exceptFirst],
  ])("leaves the nll as it is for the model's own vectors, %s", async (_, mask) => {
    const plain = await score([]);
    const replacement = { hookPoint, activations: ownRows(), ...(mask && { mask }) };
    for (const scores of [await score([replacement]), await compare([replacement])])
      scores.forEach(({ nll }, i) => {
        expectClose(readFloats(nll), readFloats(plain[i]!.nll), 1e-6);
      });
    (await compare([replacement])).forEach(({ uneditedNll, kl }, i) => {
      expectClose(readFloats(uneditedNll), readFloats(plain[i]!.nll), 1e-6);
      expect(Math.max(...readFloats(kl))).toBeLessThan(1e-6);
    });
  });

  test('scores the same with and without a comparison, masked or not', async () => {
    const noisy = floats(
      own.map((value, i) => value + Math.sin(i)),
      [count, width],
    );
    for (const mask of [undefined, exceptFirst]) {
      const replacement = { hookPoint, activations: noisy, ...(mask && { mask }) };
      const [alone, compared] = [await score([replacement]), await compare([replacement])];
      alone.forEach(({ nll, kl }, i) => {
        expectClose(readFloats(compared[i]!.nll), readFloats(nll), 1e-6);
        expect(kl).toBeUndefined();
        expect(
          readFloats(compared[i]!.kl)
            .slice(1)
            .every((value) => value > 0),
        ).toBe(true);
      });
    }
  });

  test('changes nothing where the mask keeps every row', async () => {
    const replacement = {
      hookPoint,
      activations: floats(
        own.map(() => 9),
        [count, width],
      ),
    };
    const kept = await compare([{ ...replacement, mask: flags(new Uint8Array(count)) }]);
    const plain = await score([]);
    kept.forEach(({ nll, kl }, i) => {
      expectClose(readFloats(nll), readFloats(plain[i]!.nll), 1e-6);
      expect(Math.max(...readFloats(kl))).toBeLessThan(1e-6);
    });
  });

  test('takes one row for every token, and half precision', async () => {
    const row = own.slice(5 * width, 6 * width).map(Math.fround);
    const halves = encodeF16(row);
    const many = new Float32Array(count * width);
    for (let t = 0; t < count; t++) many.set(row, t * width);
    const repeated = await score([{ hookPoint, activations: floats(many, [count, width]) }]);
    const single = await score([{ hookPoint, activations: floats(row, [1, width]) }]);
    const f16 = { dtype: DataType.F16, shape: [1, width], data: Buffer.from(halves.buffer) };
    const half = await score([{ hookPoint, activations: f16 }]);
    repeated.forEach(({ nll }, i) => {
      expect([...readFloats(single[i]!.nll)]).toEqual([...readFloats(nll)]);
      expectClose(readFloats(half[i]!.nll), readFloats(nll), 5e-3);
    });
  });

  test('makes the interventions of a hook point on what was given', async () => {
    const clamp = randomIntervention(hookPoint, { width }, [
      { feature: 0, scale: 0, offset: 5, includeSpecialTokens: true },
    ]);
    const plain = await score([], { interventions: [clamp] });
    const given = await score([{ hookPoint, activations: ownRows() }], { interventions: [clamp] });
    given.forEach(({ nll, proofs }, i) => {
      expectClose(readFloats(nll), readFloats(plain[i]!.nll), 1e-5);
      expectClose(readFloats(proofs[0]!.fBefore), readFloats(plain[i]!.proofs[0]!.fBefore), 1e-5);
    });
  });

  const refusals: BadInput[] = [
    [
      'too few rows',
      () => score([{ hookPoint, activations: floats(own.slice(width), [count - 1, width]) }]),
      'replacements[0].activations',
      `${count - 1} rows`,
      `${count} tokens`,
    ],
    [
      'rows of another width',
      () => score([{ hookPoint, activations: floats(own, [count * width, 1]) }]),
      'replacements[0].activations',
      `[n, `,
    ],
    [
      'a value that is not finite',
      () => score([{ hookPoint, activations: floats([Number.NaN, ...own.slice(1)], [count, width]) }]),
      'replacements[0].activations',
      'NaN at index 0',
    ],
    [
      'a mask of another length',
      () => score([{ hookPoint, activations: ownRows(), mask: flags([1]) }]),
      'replacements[0].mask',
      '[1]',
    ],
    [
      'a mask that is no mask',
      () => score([{ hookPoint, activations: ownRows(), mask: flags(new Array(count).fill(2)) }]),
      'replacements[0].mask',
      '0 and 1',
    ],
    [
      'a hook point twice',
      () => score([1, 2].map(() => ({ hookPoint, activations: ownRows() }))),
      'replacements[1].hook_point',
      'replaced twice',
    ],
    [
      'an unknown hook point',
      () => score([{ hookPoint: 'blocks.1.hook_resid_pots', activations: ownRows() }]),
      'replacements[0].hook_point',
      'nearest is blocks.1.hook_resid_post',
    ],
    [
      'more data than fits a message with the tokens',
      () => score([{ hookPoint, activations: floats(new Float32Array(3 * 2 ** 18 + 1), [1]) }]),
      'replacements',
      '3145732 bytes',
      'the limit is 3145728',
    ],
    ['no activations', () => score([{ hookPoint }]), 'replacements[0].activations', 'missing'],
  ];
  test.each(refusals)('refuses %s', (_, call, field, ...words) => expectRefusal(call, field, words));
});
