import { decodeF16, encodeBF16 } from '@facet/tensor';
import type { ModelRuntime } from './model-runtime.ts';
import { openModelRuntime } from './open-model-runtime.ts';
import { expectClose } from './testing/closeness.ts';
import { runReference } from './testing/reference-model.ts';
import { createNoise, type TinyModel, writeTinyModel } from './testing/tiny-model.ts';

const HOOK = 'blocks.1.hook_resid_mid';

let model: TinyModel;
let runtime: ModelRuntime;
beforeAll(async () => {
  model = await writeTinyModel();
  runtime = await openModelRuntime(model.directory, { threads: 2, maxSessions: 3, maxCacheBytes: 1 << 20 });
});
afterAll(async () => {
  await runtime.close();
  await model.remove();
});

/** Rows of random tokens. */
function randomTokens(batch: number, positions: number): Int32Array {
  const random = createNoise(3);
  return Int32Array.from({ length: batch * positions }, () => Math.floor((random() + 1) * 24));
}

describe('forward', () => {
  test('spreads a batch over lanes and runs and puts every row in its place', async () => {
    const [batch, positions] = [90, 17];
    const tokens = randomTokens(batch, positions);
    const { activations } = await runtime.forward({ tokens, batch, hookPoints: [HOOK] });
    const { data, width } = activations.get(HOOK)!;
    for (const row of [0, 29, 30, 31, 60, 89]) {
      const ids = tokens.subarray(row * positions, (row + 1) * positions);
      const wanted = runReference(model, [...ids]).hooks.get(HOOK)!;
      expectClose(data.subarray(row * positions * width, (row + 1) * positions * width), wanted.flat(), 1e-5);
    }
  });

  test.each([128, 131, 250])(
    'attends in blocks to a context of %d as the reference does',
    async (positions) => {
      const long = await writeTinyModel({ config: { max_position_embeddings: 256, num_hidden_layers: 2 } });
      const other = await openModelRuntime(long.directory, { threads: 1 });
      const tokens = randomTokens(2, positions);
      const { logits } = await other.forward({ tokens, batch: 2, logits: 'all' });
      for (const row of [0, 1]) {
        const ids = tokens.subarray(row * positions, (row + 1) * positions);
        const size = positions * other.spec.d_vocab;
        expectClose(
          logits!.subarray(row * size, (row + 1) * size),
          runReference(long, [...ids]).logits.flat(),
          1e-5,
        );
      }
      await other.close();
      await long.remove();
    },
  );

  test('gives half precision that is the nearest to single precision', async () => {
    const tokens = randomTokens(2, 9);
    const request = { tokens, batch: 2, hookPoints: [HOOK] };
    const single = await runtime.forward(request);
    const half = await runtime.forward({ ...request, activationDtype: 'F16' });
    const bits = half.activations.get(HOOK)!.data as Uint16Array;
    expectClose(decodeF16(bits), single.activations.get(HOOK)!.data, 2 ** -11);
    const wide = await runtime.forward({ ...request, activationDtype: 'BF16' });
    const rows = single.activations.get(HOOK)!.data as Float32Array;
    expect(wide.activations.get(HOOK)!.data).toEqual(encodeBF16(rows));
  });

  test('scores each token given the ones before it, in ragged rows', async () => {
    const [batch, positions] = [3, 8];
    const tokens = randomTokens(batch, positions);
    const lengths = [8, 5, 1];
    const { scores } = await runtime.forward({ tokens, batch, lengths, scores: true });
    for (let row = 0; row < batch; row++) {
      const ids = [...tokens.subarray(row * positions, (row + 1) * positions)];
      const { logits } = runReference(model, ids);
      for (let t = 0; t < positions; t++) {
        const at = row * positions + t;
        if (t === 0 || t >= lengths[row]!) {
          expect([scores!.nll[at], scores!.logit[at], scores!.topLogit[at]]).toEqual([NaN, NaN, NaN]);
          continue;
        }
        const before = logits[t - 1]!;
        const total = before.reduce((sum, value) => sum + Math.exp(value), 0);
        expectClose([scores!.nll[at]!], [Math.log(total) - before[ids[t]!]!], 1e-5);
        expectClose(
          [scores!.logit[at]!, scores!.topLogit[at]!],
          [before[ids[t]!]!, Math.max(...before)],
          1e-5,
        );
      }
    }
  });

  test('answers calls that overlap, with more programs than sessions are kept', async () => {
    const tokens = randomTokens(1, 6);
    const names = runtime.hookPoints.map(({ name }) => name);
    const wanted = runReference(model, [...tokens]).hooks;
    const results = await Promise.all(
      [...names, ...names].map((name) => runtime.forward({ tokens, batch: 1, hookPoints: [name] })),
    );
    for (const [i, { activations }] of results.entries()) {
      const name = names[i % names.length]!;
      expectClose(activations.get(name)!.data, wanted.get(name)!.flat(), 1e-5);
    }
  });

  test('refuses a text longer than the context and names both numbers', async () => {
    const request = { tokens: randomTokens(1, 33), batch: 1, hookPoints: [HOOK] };
    await expect(runtime.forward(request)).rejects.toMatchObject({
      kind: 'invalid',
      reason: 'CONTEXT_EXCEEDED',
      message: expect.stringMatching(/33 tokens .* 32/),
    });
  });

  const BAD: [string, object, RegExp][] = [
    ['a token outside the vocabulary', { tokens: Int32Array.of(1, 48) }, /token 48 at index 1 .* 0\.\.47/],
    ['a negative token', { tokens: Int32Array.of(-1) }, /token -1/],
    ['no tokens', { tokens: new Int32Array(0) }, /0 tokens/],
    [
      'rows that do not come out even',
      { tokens: new Int32Array(3), batch: 2 },
      /3 tokens do not fill 2 rows/,
    ],
    ['a length that is too long', { lengths: [5] }, /row 0 has length 5/],
    [
      'an unknown hook point',
      { hookPoints: ['blocks.7.hook_resid_mid'] },
      /nearest is blocks\.\d\.hook_resid_mid/,
    ],
    ['a call that asks for nothing', { hookPoints: [] }, /nothing is asked for/],
  ];
  test.each(BAD)('refuses %s', async (_, change, message) => {
    const request = { tokens: Int32Array.of(1, 2), batch: 1, hookPoints: [HOOK], ...change };
    await expect(runtime.forward(request)).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(message),
    });
  });

  test('stops between runs when the caller cancels', async () => {
    const controller = new AbortController();
    const tokens = randomTokens(2000, 32);
    const pending = runtime.forward({ tokens, batch: 2000, logits: 'last', signal: controller.signal });
    controller.abort();
    await expect(pending).rejects.toMatchObject({ kind: 'cancelled' });
  });
});

describe('openGeneration', () => {
  test('refuses a step beyond its cache and goes on afterwards', async () => {
    const generation = await runtime.openGeneration({ batch: 1, maxTokens: 4 });
    await generation.step({ tokens: Int32Array.of(1, 2, 3) });
    await expect(generation.step({ tokens: Int32Array.of(4, 5) })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/5 tokens .* 4/),
    });
    const { logits } = await generation.step({ tokens: Int32Array.of(4) });
    expectClose(logits, runReference(model, [1, 2, 3, 4]).logits[3]!, 1e-5);
    await generation.close();
    await expect(generation.step({ tokens: Int32Array.of(4) })).rejects.toMatchObject({
      kind: 'precondition',
    });
  });

  test('takes ragged chunks at any step', async () => {
    const rows = [
      [1, 2, 3, 4, 5, 6, 7],
      [9, 8, 7, 6],
    ];
    const generation = await runtime.openGeneration({ batch: 2, maxTokens: 8 });
    await generation.step({ tokens: Int32Array.of(1, 2, 3, 9, 8, 0), lengths: [3, 2] });
    const { logits } = await generation.step({
      tokens: Int32Array.of(4, 5, 6, 7, 7, 6, 0, 0),
      lengths: [4, 2],
    });
    const { d_vocab } = runtime.spec;
    for (const [row, ids] of rows.entries())
      expectClose(
        logits.subarray(row * d_vocab, (row + 1) * d_vocab),
        runReference(model, ids).logits.at(-1)!,
        1e-5,
      );
    expect([...generation.lengths]).toEqual([7, 4]);
    await generation.close();
  });

  test('refuses a second step while one runs, and a cancelled one changes nothing', async () => {
    const generation = await runtime.openGeneration({ batch: 1, maxTokens: 8 });
    const first = generation.step({ tokens: Int32Array.of(1, 2) });
    await expect(generation.step({ tokens: Int32Array.of(3) })).rejects.toMatchObject({
      kind: 'precondition',
    });
    await first;
    const signal = AbortSignal.abort();
    await expect(generation.step({ tokens: Int32Array.of(3), signal })).rejects.toMatchObject({
      kind: 'cancelled',
    });
    const { logits } = await generation.step({ tokens: Int32Array.of(3) });
    expectClose(logits, runReference(model, [1, 2, 3]).logits[2]!, 1e-5);
    await generation.close();
  });

  test('refuses a cache that does not fit and gives closed ones back', async () => {
    // One sequence of 32 positions takes 2 · 3 layers · 2 heads · 8 floats · 32 · 4 bytes = 12,288 bytes.
    const request = { batch: 60, maxTokens: 32 };
    const generation = await runtime.openGeneration(request);
    await expect(runtime.openGeneration(request)).rejects.toMatchObject({
      kind: 'exhausted',
      message: expect.stringMatching(/737280 bytes .* 737280 of 1048576/),
    });
    await generation.close();
    await (await runtime.openGeneration(request)).close();
  });

  test('refuses more positions than the context has', async () => {
    await expect(runtime.openGeneration({ batch: 1, maxTokens: 33 })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/33 tokens .* 32/),
    });
  });
});

describe('projectToVocabulary', () => {
  const project = async (foldFinalNorm: boolean | undefined) => {
    const { d_model, d_vocab } = runtime.spec;
    const random = createNoise(5);
    const directions = Float32Array.from({ length: 3 * d_model }, random);
    const logits = await runtime.projectToVocabulary({ directions, rows: 3, foldFinalNorm });
    const norm = model.tensors.get('model.norm.weight')!;
    const W_U = model.tensors.get('lm_head.weight')!;
    const wanted = Array.from({ length: 3 * d_vocab }, (_, i) => {
      const [row, token] = [Math.floor(i / d_vocab), i % d_vocab];
      let sum = 0;
      for (let j = 0; j < d_model; j++)
        sum +=
          directions[row * d_model + j]! *
          (foldFinalNorm === false ? 1 : norm[j]!) *
          W_U[token * d_model + j]!;
      return sum;
    });
    expectClose(logits, wanted, 1e-5);
  };

  test("multiplies by the final norm's weight unless told not to", async () => {
    await project(undefined);
    await project(true);
    await project(false);
  });

  test('refuses directions of another width', async () => {
    const request = { directions: new Float32Array(31), rows: 1 };
    await expect(runtime.projectToVocabulary(request)).rejects.toMatchObject({ kind: 'invalid' });
  });
});

describe('close', () => {
  test('refuses later calls', async () => {
    const other = await openModelRuntime(model.directory, { threads: 1 });
    await other.close();
    await other.close();
    const request = { tokens: Int32Array.of(1), batch: 1, hookPoints: [HOOK] };
    await expect(other.forward(request)).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'MODEL_CLOSED',
    });
  });
});
