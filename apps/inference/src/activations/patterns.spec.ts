import { DataType } from '@facet/contracts';
import { describeSharedModels } from '@facet/model-runtime/testing';
import type { LoadedModel } from '../models/loaded-model.ts';
import { floats, randomIntervention, readFloats, tokens } from '../testing/messages.ts';
import { drain } from '../testing/refusals.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';
import { readPointsOf } from './read-points.ts';

const PATTERN = 'blocks.1.attn.hook_pattern';
const HOOK_Z = 'blocks.1.attn.hook_z';
const model = 'models/m';

describeSharedModels(
  ({ directory }) => {
    let setup: InferenceSetup;
    let heads: number;
    beforeAll(async () => {
      setup = await serveInference(`m=${directory}`);
      heads = (await setup.client.getModel({ name: model })).model!.nHeads;
    });
    afterAll(() => setup?.close());

    type Request = Parameters<InferenceSetup['client']['computeActivations']>[0];
    const blocksOf = async (contexts: number[][], request: Request = {}) => {
      const input = { $case: 'tokens' as const, value: tokens(...contexts) };
      const stream = setup.client.computeActivations({ model, input, hookPoints: [PATTERN], ...request });
      const blocks = [];
      for await (const { event } of stream) if (event?.$case === 'block') blocks.push(event.value);
      return blocks;
    };
    const context = (length: number) => Array.from({ length }, (_, i) => 1 + ((i * 37) % 500));

    test('comes for every query as [n_heads, positions of the longest context], and sums to 1', async () => {
      const lengths = [5, 40, 12];
      const [block] = await blocksOf(lengths.map(context));
      const rows = lengths.reduce((sum, length) => sum + length, 0);
      expect(block!.activations!.shape).toEqual([rows, heads, 40]);
      const weights = readFloats(block!.activations);
      const places = lengths.flatMap((length) => [...Array(length).keys()]);
      for (const [row, query] of places.entries())
        for (let head = 0; head < heads; head++) {
          const start = (row * heads + head) * 40;
          const seen = weights.subarray(start, start + query + 1);
          expect(seen.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
          expect(seen.every((weight) => weight >= 0)).toBe(true);
          expect(weights.subarray(start + query + 1, start + 40).every((weight) => weight === 0)).toBe(true);
        }
    });

    test('is the same whatever is read beside it, in blocks of at most 1 MiB', async () => {
      const contexts = [context(300), context(20)];
      const blocks = await blocksOf(contexts, { hookPoints: [HOOK_Z, PATTERN] });
      const patterns = blocks.filter(({ hookPoint }) => hookPoint === PATTERN);
      expect(patterns.length).toBeGreaterThan(2);
      for (const { activations } of patterns)
        expect(activations!.data.byteLength).toBeLessThanOrEqual(2 ** 20);
      const rows = patterns.flatMap(({ activations }) => [...readFloats(activations)]);
      const [alone] = await blocksOf([contexts[1]!]);
      const own = readFloats(alone!.activations);
      for (let row = 0; row < 20 * heads; row++)
        for (let key = 0; key < 20; key++)
          expect(rows[(300 * heads + row) * 300 + key]).toBeCloseTo(own[row * 20 + key]!, 5);
      const half = await blocksOf([contexts[1]!], { dtype: DataType.BF16 });
      expect(half[0]!.activations).toMatchObject({ dtype: DataType.BF16, shape: [20, heads, 20] });
    });

    test('cannot be edited, replaced or found in the list, and is named where it is tried', async () => {
      const named = (field: string) => ({
        kind: 'invalid',
        reason: 'HOOK_POINT_READ_ONLY',
        field,
        message: expect.stringMatching(/"blocks.1.attn.hook_pattern" can only be read/),
      });
      const input = { $case: 'tokens' as const, value: tokens(context(4)) };
      const interventions = [randomIntervention(PATTERN, { width: 4 })];
      await expect(blocksOf([context(4)], { interventions })).rejects.toMatchObject(
        named('interventions[0].hook_point'),
      );
      const prompt = { $case: 'text' as const, value: 'Once' };
      const variants = [{ id: 'v', interventions }];
      await expect(drain(setup.client.generateText({ model, prompt, variants }))).rejects.toMatchObject(
        named('variants[0].interventions[0].hook_point'),
      );
      const replacements = [{ hookPoint: PATTERN, activations: floats(Array(16).fill(0), [4, 4]) }];
      await expect(setup.client.scoreText({ model, input, replacements })).rejects.toMatchObject(
        named('replacements[0].hook_point'),
      );
      const { model: described } = await setup.client.getModel({ name: model });
      expect(described!.hookPoints.map(({ name }) => name)).not.toContain(PATTERN);
      await expect(
        blocksOf([context(4)], { hookPoints: ['blocks.7.attn.hook_pattern'] }),
      ).rejects.toMatchObject({
        reason: 'UNKNOWN_HOOK_POINT',
        field: 'hook_points[0]',
      });
    });
  },
  ['stories260K'],
);

describe('readPointsOf', () => {
  const spec = { n_layers: 8, n_heads: 32 };
  const held = { runtime: { spec } } as unknown as LoadedModel;
  const patterns = (count: number) =>
    Array.from({ length: count }, (_, i) => `blocks.${i}.attn.hook_pattern`);

  test.each([
    [
      1,
      9000,
      'F32',
      /a row of blocks.0.attn.hook_pattern has 1152000 bytes in a text of 9000 tokens; the limit is 1048576/,
    ],
    [
      1,
      2000,
      'F32',
      /1 patterns of a text of 2000 tokens have 512000000 bytes; the limit is 268435456.*fewer layers/,
    ],
    [8, 1000, 'F16', /8 patterns of a text of 1000 tokens have 512000000 bytes/],
  ] as const)('refuses %i patterns of %i tokens in %s', (count, length, dtype, message) => {
    expect(() => readPointsOf(held, patterns(count), { dtype, lengths: [3, length] })).toThrow(
      expect.objectContaining({ reason: 'PATTERN_TOO_LARGE', message: expect.stringMatching(message) }),
    );
  });

  test('takes what fits', () => {
    const [point] = readPointsOf(held, patterns(4), { dtype: 'F32', lengths: [3, 700] });
    expect(point).toMatchObject({ layer: 0, shape: [32, 700], width: 22_400 });
  });
});
