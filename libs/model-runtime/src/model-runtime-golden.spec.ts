import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  decodeFloats,
  encodeFloats,
  type FloatDType,
  parseSafetensors,
  serializeSafetensors,
  type TensorData,
} from '@facet/tensor';
import type { ModelRuntime } from './model-runtime.ts';
import { openModelRuntime } from './open-model-runtime.ts';
import { expectClose } from './testing/closeness.ts';
import { IDENTITY, makeIntervention } from './testing/edit-fixtures.ts';
import { describeSharedModels } from './testing/shared-models.ts';

/** The index of the largest logit, the lowest index first. */
function argmax(logits: Float32Array): number {
  return logits.reduce((best, value, i) => (value > logits[best]! ? i : best), 0);
}

describeSharedModels(({ directory, golden }) => {
  let runtime: ModelRuntime;
  beforeAll(async () => {
    runtime = await openModelRuntime(directory);
  });
  afterAll(() => runtime.close());

  test.each(golden.cases)(
    'equals the reference on "$prompt"',
    async ({ token_ids, nll, last_logits, resid_post }) => {
      const { n_layers, d_model } = runtime.spec;
      const names = Array.from({ length: n_layers }, (_, layer) => `blocks.${layer}.hook_resid_post`);
      const result = await runtime.forward({
        tokens: Int32Array.from(token_ids),
        batch: 1,
        hookPoints: names,
        logits: 'last',
        scores: true,
      });
      expectClose(result.logits!, last_logits);
      expectClose(result.scores!.nll.subarray(1), nll);
      expect(result.scores!.nll[0]).toBeNaN();
      expect(resid_post.length).toBe(3 * n_layers);
      for (const { layer, position, values } of resid_post) {
        const { data } = result.activations.get(names[layer]!)!;
        expectClose(data.subarray(position * d_model, (position + 1) * d_model), values);
      }
    },
  );

  test.each(golden.cases)(
    'writes the reference\'s greedy tokens after "$prompt"',
    async ({ token_ids, greedy_ids }) => {
      const generation = await runtime.openGeneration({ batch: 1, maxTokens: greedy_ids.length });
      const ids = [...token_ids];
      let { logits } = await generation.step({ tokens: Int32Array.from(token_ids) });
      while (ids.length < greedy_ids.length) {
        ids.push(argmax(logits));
        if (ids.length < greedy_ids.length)
          ({ logits } = await generation.step({ tokens: Int32Array.of(ids.at(-1)!) }));
      }
      await generation.close();
      expect(greedy_ids.length - token_ids.length).toBe(48);
      expect(ids).toEqual(greedy_ids);
    },
  );

  test('decodes token by token what one prefill computes', async () => {
    const tokens = Int32Array.from(golden.cases[0]!.greedy_ids);
    const whole = await runtime.forward({ tokens, batch: 1, logits: 'all' });
    const generation = await runtime.openGeneration({ batch: 1, maxTokens: tokens.length });
    const { d_vocab } = runtime.spec;
    for (let t = 0; t < tokens.length; t++) {
      const { logits } = await generation.step({ tokens: tokens.slice(t, t + 1) });
      expectClose(logits, whole.logits!.subarray(t * d_vocab, (t + 1) * d_vocab), 5e-5);
    }
    await generation.close();
  });

  test('stops at a layer with the bits that the whole model has there', async () => {
    const tokens = Int32Array.from(golden.cases[0]!.greedy_ids);
    const request = { tokens, batch: 1, hookPoints: ['blocks.0.hook_resid_post'] };
    const stopped = await runtime.forward(request);
    const whole = await runtime.forward({ ...request, logits: 'last' });
    const [a, b] = [stopped, whole].map(
      ({ activations }) => activations.get('blocks.0.hook_resid_post')!.data,
    );
    expect(a).toEqual(b);
  });

  test('gives a shorter row of a batch what it gives alone', async () => {
    const [first, second] = golden.cases.map(({ token_ids }) => token_ids);
    const positions = Math.max(first!.length, second!.length);
    const tokens = new Int32Array(2 * positions);
    tokens.set(first!, 0);
    tokens.set(second!, positions);
    const lengths = [first!.length, second!.length];
    const { logits } = await runtime.forward({ tokens, batch: 2, lengths, logits: 'last' });
    const { d_vocab } = runtime.spec;
    expectClose(logits!.subarray(0, d_vocab), golden.cases[0]!.last_logits);
    expectClose(logits!.subarray(d_vocab), golden.cases[1]!.last_logits);
  });

  test('generates several prompts of unequal length at once', async () => {
    const cases = golden.cases;
    const prompts = cases.map(({ token_ids }) => token_ids);
    const positions = Math.max(...prompts.map((ids) => ids.length));
    const tokens = new Int32Array(cases.length * positions);
    for (const [row, ids] of prompts.entries()) tokens.set(ids, row * positions);
    const lengths = prompts.map((ids) => ids.length);
    const generation = await runtime.openGeneration({ batch: cases.length, maxTokens: positions + 12 });
    let { logits } = await generation.step({ tokens, lengths });
    const { d_vocab } = runtime.spec;
    const written = prompts.map((ids) => [...ids]);
    for (let i = 0; i < 12; i++) {
      for (const [row, ids] of written.entries())
        ids.push(argmax(logits.subarray(row * d_vocab, (row + 1) * d_vocab)));
      ({ logits } = await generation.step({ tokens: Int32Array.from(written, (ids) => ids.at(-1)!) }));
    }
    await generation.close();
    for (const [row, ids] of written.entries())
      expect(ids).toEqual(cases[row]!.greedy_ids.slice(0, ids.length));
  });

  test('an identity edit leaves every logit bit-identical', async () => {
    const tokens = Int32Array.from(golden.cases[1]!.greedy_ids);
    const { d_model } = runtime.spec;
    const plain = await runtime.forward({ tokens, batch: 1, logits: 'all' });
    const intervention = makeIntervention(
      'blocks.1.hook_resid_post',
      [[IDENTITY, IDENTITY, IDENTITY]],
      d_model,
    );
    const edited = await runtime.forward({ tokens, batch: 1, logits: 'all', interventions: [intervention] });
    expect(edited.proofs[0]!.fBefore.some((f) => f > 0)).toBe(true);
    expect(edited.logits).toEqual(plain.logits);
  });

  test.each(['F16', 'BF16'] as const)(
    'computes %s weights as the F32 values that they stand for',
    async (dtype) => {
      const tokens = Int32Array.from(golden.cases[0]!.token_ids);
      const [half, single] = await Promise.all([
        withConvertedModel(directory, { dtype }, tokens),
        withConvertedModel(directory, { dtype, widen: true }, tokens),
      ]);
      expect(half).toEqual(single);
      const error = half.reduce(
        (worst, value, i) => Math.max(worst, Math.abs(value - golden.cases[0]!.last_logits[i]!)),
        0,
      );
      expect(error).toBeLessThan(1);
    },
  );
});

/**
 * Last logits of a copy of the model whose weights are rounded to `dtype` and stored so, or widened again to
 * F32.
 */
async function withConvertedModel(
  directory: string,
  { dtype, widen = false }: { dtype: FloatDType; widen?: boolean },
  tokens: Int32Array,
): Promise<Float32Array> {
  const copy = await mkdtemp(join(tmpdir(), 'facet-converted-'));
  try {
    const view = parseSafetensors(await readFile(join(directory, 'model.safetensors')), directory);
    const tensors: Record<string, TensorData> = {};
    for (const [name, { shape }] of view.header.entries) {
      const data = encodeFloats(view.f32(name), dtype);
      const rounded = decodeFloats(
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        dtype,
        name,
      );
      tensors[name] = widen ? { dtype: 'F32', shape, data: rounded } : { dtype, shape, data };
    }
    await writeFile(join(copy, 'model.safetensors'), Buffer.concat(serializeSafetensors(tensors)));
    for (const file of ['config.json', 'tokenizer.json'])
      await copyFile(join(directory, file), join(copy, file));
    const runtime = await openModelRuntime(copy, { threads: 1 });
    const { logits } = await runtime
      .forward({ tokens, batch: 1, logits: 'last' })
      .finally(() => runtime.close());
    return logits!;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
