import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DataType, type TokenBatch } from '@facet/contracts';
import { describeSharedModels, expectClose } from '@facet/model-runtime/testing';
import { decodeF16, parseSafetensors } from '@facet/tensor';
import { floats, randomIntervention, readFloats, readIds, tokens } from '../testing/messages.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';

type Request = Parameters<InferenceSetup['client']['computeActivations']>[0];

describeSharedModels(({ directory, golden }) => {
  let setup: InferenceSetup;
  let width: number;
  const hookPoint = 'blocks.0.hook_resid_post';
  const contexts = golden.cases.map(({ greedy_ids }) => greedy_ids);
  const asTokens = (batch: TokenBatch) => ({ $case: 'tokens', value: batch }) as const;

  beforeAll(async () => {
    // A small budget makes many batches of the few contexts.
    setup = await serveInference(`m=${directory}`, { batchTokens: 128 });
    width = (await setup.client.getModel({ name: 'models/m' })).model!.dModel;
  });
  afterAll(() => setup?.close());

  /** All rows of every hook point, put together from the blocks, which must follow one another. */
  const collect = async (request: Request) => {
    const rows = new Map<string, number[]>();
    const proofs = [];
    const order: string[] = [];
    let header: Awaited<ReturnType<typeof readHeader>> | undefined;
    for await (const { event } of setup.client.computeActivations({ model: 'models/m', ...request })) {
      order.push(event!.$case);
      if (event?.$case === 'header') header = readHeader(event.value);
      if (event?.$case === 'proof') proofs.push(event.value);
      if (event?.$case !== 'block') continue;
      const { hookPoint: name, firstRow, activations } = event.value;
      const known = rows.get(name) ?? [];
      const [, width] = activations!.shape;
      expect(firstRow * width!).toBe(known.length);
      expect(activations!.data.byteLength).toBeLessThanOrEqual(2 ** 20);
      rows.set(name, known.concat([...valuesOf(activations!)]));
      expect(activations!.shape[0]).toBe(valuesOf(activations!).length / width!);
    }
    return { header: header!, rows, proofs, order };
  };

  test('sends a header, then the golden residuals of every layer', async () => {
    const { model } = await setup.client.getModel({ name: 'models/m' });
    const hookPoints = Array.from(
      { length: model!.nLayers },
      (_, layer) => `blocks.${layer}.hook_resid_post`,
    );
    const texts = { $case: 'texts', value: { texts: golden.cases.map(({ prompt }) => prompt) } } as const;
    const { header, rows, order } = await collect({ input: texts, hookPoints, includeTokenTexts: true });
    expect(order[0]).toBe('header');
    expect(header.ids).toEqual(golden.cases.flatMap(({ token_ids }) => token_ids));
    expect(header.lengths).toEqual(golden.cases.map(({ token_ids }) => token_ids.length));
    expect(header.special[0]).toBe(1);
    expect(header.lineage).toEqual(model!.lineage);
    let first = 0;
    for (const { resid_post, token_ids } of golden.cases) {
      for (const { layer, position, values } of resid_post) {
        const at = (first + position) * width;
        expectClose(rows.get(hookPoints[layer]!)!.slice(at, at + width), values);
      }
      first += token_ids.length;
    }
  });

  test('keeps the order of the request whatever the lengths, and sends no padding', async () => {
    const mixed = [40, 3, 60, 1, 41, 17, 58, 2, 9].map((length, i) => contexts[i % 2]!.slice(0, length));
    const together = await collect({ input: asTokens(tokens(...mixed)), hookPoints: [hookPoint] });
    expect(together.rows.get(hookPoint)).toHaveLength(mixed.flat().length * width);
    const alone: number[] = [];
    for (const context of mixed) {
      const { rows } = await collect({ input: asTokens(tokens(context)), hookPoints: [hookPoint] });
      alone.push(...rows.get(hookPoint)!);
    }
    expectClose(together.rows.get(hookPoint)!, alone, 1e-5);
  });

  test('splits rows into blocks of at most 1 MiB for all hook points alike', async () => {
    const many = Array.from({ length: 90 }, (_, i) => contexts[i % 2]!.slice(0, 58));
    const hookPoints = [hookPoint, 'blocks.1.hook_attn_out'];
    const run = await collect({ input: asTokens(tokens(...many)), hookPoints });
    const blocks = Math.ceil((many.flat().length * width * 4) / 2 ** 20);
    expect(run.order.filter((name) => name === 'block')).toHaveLength(2 * blocks);
    expect(blocks).toBeGreaterThan(1);
    const half = await collect({ input: asTokens(tokens(...many)), hookPoints, dtype: DataType.F16 });
    expect(half.order.filter((name) => name === 'block')).toHaveLength(2 * Math.ceil(blocks / 2));
    expectClose(half.rows.get(hookPoint)!, run.rows.get(hookPoint)!, 1e-3);
  });

  test('reads the neurons of the MLP, which the down projection turns into its output', async () => {
    const [neuronsPoint, outPoint] = ['blocks.1.mlp.hook_post', 'blocks.1.hook_mlp_out'];
    const input = asTokens(tokens(...contexts));
    const { rows } = await collect({ input, hookPoints: [neuronsPoint!, outPoint!] });
    const file = await readFile(`${directory}/model.safetensors`);
    const down = parseSafetensors(file, directory).f32('model.layers.1.mlp.down_proj.weight');
    const d_mlp = down.length / width;
    const neurons = rows.get(neuronsPoint!)!;
    expect(neurons).toHaveLength(contexts.flat().length * d_mlp);
    const wanted = rows.get(outPoint!)!.map((_, at) => {
      const [row, j] = [Math.floor(at / width), at % width];
      let sum = 0;
      for (let i = 0; i < d_mlp; i++) sum += neurons[row * d_mlp + i]! * down[j * d_mlp + i]!;
      return sum;
    });
    expectClose(rows.get(outPoint!)!, wanted);
  });

  test('moves x by exactly (v − f)·W_dec at a clamped span, and proves it', async () => {
    const v = 4;
    const rule = {
      feature: 1,
      scale: 0,
      offset: v,
      scope: 'EDIT_SCOPE_SPAN',
      span: { start: 3, end: 6 },
    } as const;
    const clamp = randomIntervention(hookPoint, { width, features: 2 }, [rule]);
    const input = asTokens(tokens(contexts[0]!.slice(0, 9)));
    const plain = (await collect({ input, hookPoints: [hookPoint] })).rows.get(hookPoint)!;
    const edited = await collect({ input, hookPoints: [hookPoint], interventions: [clamp] });
    const x = edited.rows.get(hookPoint)!;
    const [encoder, decoder] = [readFloats(clamp.encoderRows), readFloats(clamp.decoderRows)].map((all) =>
      all.slice(width),
    );
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>, from = 0) =>
      Array.from(b).reduce((sum, value, i) => sum + value * a[from + i]!, 0);
    const [proof] = edited.proofs;
    expect(proof).toMatchObject({ sequence: 0, hookPoint, firstPosition: 0, positions: 9 });
    expect([...proof!.edited!.data]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0]);
    const [fBefore, fAfter, deltaNorm, xNorm] = [
      proof!.fBefore,
      proof!.fAfter,
      proof!.deltaNorm,
      proof!.xNorm,
    ].map(readFloats);
    for (let t = 0; t < 9; t++) {
      const z = dot(plain, encoder!, t * width);
      const f = Math.max(0, z);
      const moved = t >= 3 && t < 6 ? v - f : 0;
      const expected = plain
        .slice(t * width, (t + 1) * width)
        .map((value, i) => value + moved * decoder![i]!);
      expectClose(x.slice(t * width, (t + 1) * width), expected, 1e-5);
      expectClose(
        [fBefore![2 * t + 1]!, fAfter![2 * t + 1]!],
        [f, Math.max(0, z + moved * dot(decoder!, encoder!))],
        1e-4,
      );
      expectClose([deltaNorm![t]!], [Math.abs(moved) * Math.hypot(...decoder!)], 1e-4);
      expectClose([xNorm![t]!], [Math.hypot(...plain.slice(t * width, (t + 1) * width))], 1e-5);
    }
    // Outside of the span not a bit has changed.
    expect(x.slice(0, 3 * width)).toEqual(plain.slice(0, 3 * width));
  });

  test('is bit-identical under an identity edit', async () => {
    const hookPoints = ['blocks.1.hook_resid_post'];
    const input = asTokens(tokens(...contexts));
    const identity = randomIntervention(hookPoint, { width, features: 5 }, [
      { feature: 2, scale: 1, offset: 0 },
    ]);
    const plain = await collect({ input, hookPoints });
    const edited = await collect({ input, hookPoints, interventions: [identity] });
    expect(edited.rows.get(hookPoints[0]!)).toEqual(plain.rows.get(hookPoints[0]!));
    expect(edited.proofs).toHaveLength(2);
  });

  test('refuses what overflows half precision, naming the remedy', async () => {
    const huge = randomIntervention(hookPoint, { width }, [{ feature: 0, scale: 1, offset: 1e6 }]);
    const request = { input: asTokens(tokens(contexts[0]!)), hookPoints: [hookPoint], interventions: [huge] };
    await expect(collect({ ...request, dtype: DataType.F16 })).rejects.toMatchObject({
      reason: 'ACTIVATIONS_NOT_FINITE',
      message: expect.stringMatching(
        /at blocks\.\d\.\S+ are not finite in F16 at token 1 of .*ask for BF16 or F32/,
      ),
      metadata: { token: '1' },
    });
    const wide = await collect({ ...request, dtype: DataType.BF16 });
    expect(wide.order.filter((name) => name === 'block')).toHaveLength(1);
    expect((await collect(request)).rows.get(hookPoint)!.every(Number.isFinite)).toBe(true);
  });

  test('stops when the reader leaves, after at most the batch under way', async () => {
    const many = Array.from({ length: 400 }, (_, i) => contexts[i % 2]!.slice(0, 58));
    const before = setup.work.forwards;
    const stream = setup.client.computeActivations({
      model: 'models/m',
      input: asTokens(tokens(...many)),
      hookPoints: [hookPoint],
    });
    for await (const { event } of stream) if (event?.$case === 'header') break;
    const afterBreak = setup.work.forwards;
    while (setup.service.load().active > 0) await nextTurn();
    expect(setup.work.forwards - before).toBeLessThan(100);
    expect(setup.work.forwards - afterBreak).toBeLessThan(10);
  });

  test('waits for a slow reader instead of filling memory, and goes on when it reads', async () => {
    const many = Array.from({ length: 1200 }, (_, i) => contexts[i % 2]!.slice(0, 58));
    const hookPoints = Array.from(
      { length: 5 },
      (_, i) => `blocks.${i % 2}.hook_${['resid_pre', 'attn_out', 'resid_mid', 'mlp_out', 'resid_post'][i]}`,
    );
    const before = setup.work.forwards;
    const stream = setup.client.computeActivations({
      model: 'models/m',
      input: asTokens(tokens(...many)),
      hookPoints,
    });
    let rows = 0;
    let ranAhead = 0;
    for await (const { event } of stream) {
      if (event?.$case === 'header') ranAhead = (await settled(() => setup.work.forwards)) - before;
      if (event?.$case === 'block') rows += event.value.activations!.shape[0]!;
    }
    const batches = setup.work.forwards - before;
    expect(rows).toBe(5 * many.flat().length);
    expect(batches).toBe(600);
    expect(ranAhead).toBeLessThan(batches / 2);
  }, 180_000);
});

function readHeader(header: {
  tokens?: TokenBatch;
  tokenTexts: string[];
  special?: { data: Buffer };
  lineage?: object;
}) {
  return {
    ids: readIds(header.tokens!.tokenIds),
    lengths: header.tokens!.lengths,
    special: [...(header.special?.data ?? [])],
    lineage: header.lineage,
  };
}

function valuesOf(tensor: { dtype: DataType; data: Buffer }): Float32Array {
  if (tensor.dtype === DataType.F32) return readFloats({ ...floats([], []), ...tensor });
  const bytes = new Uint8Array(tensor.data);
  return decodeF16(new Uint16Array(bytes.buffer, 0, bytes.byteLength / 2));
}

/** The value that `read` gives once it has stopped changing. */
async function settled(read: () => number): Promise<number> {
  let value = read();
  for (let sinceMs = performance.now(); performance.now() - sinceMs < 300; ) {
    await nextTurn();
    if (read() === value) continue;
    value = read();
    sinceMs = performance.now();
  }
  return value;
}
