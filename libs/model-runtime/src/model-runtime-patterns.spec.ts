import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ForwardRequest, ModelRuntime } from './model-runtime.ts';
import { openModelRuntime } from './open-model-runtime.ts';
import { expectClose } from './testing/closeness.ts';
import { openReferenceAttention } from './testing/reference-pattern.ts';

const FAMILIES = new URL('../../../../shared/data/families', import.meta.url).pathname;
const names = existsSync(FAMILIES)
  ? readdirSync(FAMILIES).filter((name) => existsSync(join(FAMILIES, name, 'golden.json')))
  : [];
if (names.length === 0) console.warn(`SKIPPED: no golden models at ${FAMILIES}`);
const describeFamilies = names.length > 0 ? describe : describe.skip;

const HEADS = ['hook_q', 'hook_k', 'hook_v', 'hook_z', 'hook_pattern'] as const;

describeFamilies('attn.hook_pattern', () => {
  test.each(names)(
    'of %s is the softmax of the scores in float64, and gives hook_z with the values',
    async (name) => {
      const directory = join(FAMILIES, name);
      const reference = await openReferenceAttention(directory);
      const runtime = await openModelRuntime(directory, { threads: 1 });
      const { n_layers, n_ctx, d_vocab } = runtime.spec;
      const golden = JSON.parse(readFileSync(join(directory, 'golden.json'), 'utf8')) as {
        cases: { token_ids: number[] }[];
      };
      // Long enough for attention in blocks beside it.
      const long = Array.from({ length: Math.min(n_ctx, 140) }, (_, i) => (i * 7 + 3) % d_vocab);
      for (const ids of [...golden.cases.map(({ token_ids }) => token_ids), long, [1]]) {
        const hookPoints = Array.from({ length: n_layers }, (_, layer) =>
          HEADS.map((kind) => `blocks.${layer}.attn.${kind}`),
        ).flat();
        const { activations } = await runtime.forward({ tokens: Int32Array.from(ids), batch: 1, hookPoints });
        for (let layer = 0; layer < n_layers; layer++) {
          const at = (kind: (typeof HEADS)[number]) =>
            activations.get(`blocks.${layer}.attn.${kind}`)!.data as Float32Array;
          const rows = { q: at('hook_q'), k: at('hook_k'), v: at('hook_v') };
          expectClose(at('hook_pattern'), reference.pattern(layer, rows), 1e-5);
          expectClose(at('hook_z'), reference.weigh(at('hook_pattern'), rows), 1e-5);
        }
      }
      await runtime.close();
    },
    120_000,
  );
});

describeFamilies('a text whose pattern is read', () => {
  let runtime: ModelRuntime;
  beforeAll(async () => {
    runtime = await openModelRuntime(join(FAMILIES, 'gemma2'), { threads: 1 });
  });
  afterAll(() => runtime?.close());

  const PATTERN = 'blocks.1.attn.hook_pattern';
  const tokens = Int32Array.from({ length: 128 }, (_, i) => (i * 11) % 90);
  const forward = (request: Partial<ForwardRequest>) => runtime.forward({ tokens, batch: 1, ...request });

  test('goes on as without', async () => {
    const wanted = { logits: 'all', hookPoints: ['blocks.2.hook_resid_post'] } as const;
    const plain = await forward(wanted);
    const read = await forward({ ...wanted, hookPoints: [...wanted.hookPoints, PATTERN] });
    expectClose(read.logits!, plain.logits!, 1e-5);
  });

  test('has the same rows beside longer ones, in F16 and BF16 too', async () => {
    const { n_heads } = runtime.spec;
    const alone = await runtime.forward({ tokens: tokens.slice(0, 5), batch: 1, hookPoints: [PATTERN] });
    const padded = Int32Array.from({ length: 18 }, (_, i) => (i < 5 ? tokens[i]! : tokens[i % 9]!));
    const both = (activationDtype: 'F32' | 'F16' | 'BF16') =>
      runtime.forward({ tokens: padded, batch: 2, lengths: [5, 9], hookPoints: [PATTERN], activationDtype });
    const { data, width } = (await both('F32')).activations.get(PATTERN)!;
    expect(width).toBe(n_heads * 9);
    const { data: own } = alone.activations.get(PATTERN)!;
    for (let row = 0; row < 5 * n_heads; row++) {
      expectClose(data.subarray(row * 9, row * 9 + 5), own.subarray(row * 5, row * 5 + 5), 1e-6);
      expect([...data.subarray(row * 9 + 5, row * 9 + 9)]).toEqual([0, 0, 0, 0]);
    }
    for (const dtype of ['F16', 'BF16'] as const)
      expect((await both(dtype)).activations.get(PATTERN)!.data).toBeInstanceOf(Uint16Array);
  });

  test('follows what is edited before it', async () => {
    const hookPoint = 'blocks.1.attn.hook_q';
    const { width } = runtime.hookPoints.find(({ name }) => name === hookPoint)!;
    const rows = new Float32Array(128 * width);
    const { activations } = await forward({ hookPoints: [PATTERN], replacements: [{ hookPoint, rows }] });
    // Without queries every key that is seen weighs the same; layer 1 sees all of them.
    const { data } = activations.get(PATTERN)!;
    const { n_heads } = runtime.spec;
    expect(data[100 * n_heads * 128 + 7]).toBeCloseTo(1 / 101, 6);
  });

  test('cannot be edited, replaced or read while text is generated, which is said by name', async () => {
    const refusal = {
      kind: 'invalid',
      reason: 'HOOK_POINT_READ_ONLY',
      message: expect.stringMatching(/"blocks.1.attn.hook_pattern" can only be read.*attn.hook_z/),
    };
    const rows = new Float32Array(128);
    await expect(forward({ replacements: [{ hookPoint: PATTERN, rows }] })).rejects.toMatchObject(refusal);
    const nothing = Float32Array.of(0);
    const edit = { W_enc_rows: nothing, b_enc: nothing, threshold: nothing, W_dec_rows: nothing };
    const interventions = [{ hookPoint: PATTERN, ...edit, scale: nothing, offset: nothing }];
    await expect(forward({ interventions })).rejects.toMatchObject(refusal);
    const generation = runtime.openGeneration({ batch: 1, maxTokens: 4, hookPoints: [PATTERN] });
    await expect(generation).rejects.toMatchObject(refusal);
  });

  test.each([
    'blocks.9.attn.hook_pattern',
    'blocks.01.attn.hook_pattern',
    'attn.hook_pattern',
    'blocks.1.hook_pattern',
  ])('is not called %s', async (name) => {
    await expect(forward({ hookPoints: [name] })).rejects.toMatchObject({ reason: 'UNKNOWN_HOOK_POINT' });
  });
});
