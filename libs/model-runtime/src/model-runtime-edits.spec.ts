import type { BatchIntervention, ModelRuntime } from './model-runtime.ts';
import { openModelRuntime } from './open-model-runtime.ts';
import { expectClose } from './testing/closeness.ts';
import { encodeRows, IDENTITY, makeIntervention, type Rule, referenceEdit } from './testing/edit-fixtures.ts';
import { runReference } from './testing/reference-model.ts';
import { type TinyModel, writeTinyModel } from './testing/tiny-model.ts';

const TOKENS = [1, 7, 30, 2, 19, 44, 5, 11];
const T = TOKENS.length;
const HOOK = 'blocks.1.hook_resid_post';

describe('edits', () => {
  let model: TinyModel;
  let runtime: ModelRuntime;
  let d: number;
  beforeAll(async () => {
    model = await writeTinyModel();
    runtime = await openModelRuntime(model.directory, { threads: 1 });
    d = runtime.spec.d_model;
  });
  afterAll(async () => {
    await runtime.close();
    await model.remove();
  });

  const forward = (interventions: BatchIntervention[], batch = 1, hookPoints = [HOOK]) =>
    runtime.forward({
      tokens: Int32Array.from({ length: batch * T }, (_, i) => TOKENS[i % T]!),
      batch,
      hookPoints,
      interventions,
      logits: 'all',
    });
  const rowOf = (values: ArrayLike<number>, row: number, width: number) =>
    Array.from({ length: T * width }, (_, i) => values[row * T * width + i]!);

  test('an identity edit leaves every logit bit-identical, at every kind of hook point', async () => {
    const plain = await forward([]);
    for (const layer of [0, 1, 2])
      for (const { name, width } of runtime.hookPoints.filter((point) => point.layer === layer)) {
        const intervention = makeIntervention(name, [[IDENTITY, IDENTITY, IDENTITY]], width);
        const edited = await forward([intervention]);
        expect(edited.logits).toEqual(plain.logits);
        expect(edited.proofs[0]!.deltaNorm.every((norm) => norm === 0)).toBe(true);
        expect(edited.proofs[0]!.fBefore.some((f) => f > 0)).toBe(true);
      }
  });

  test('a clamp to v moves x by (v − f) · W_dec[i]', async () => {
    const v = 3.5;
    const intervention = makeIntervention(HOOK, [[{ scale: 0, offset: v }]], d);
    const [plain, edited] = [await forward([]), await forward([intervention])];
    const [x, xEdited] = [plain, edited].map(({ activations }) => activations.get(HOOK)!.data);
    const { fBefore, deltaNorm, xNorm } = edited.proofs[0]!;
    for (let t = 0; t < T; t++) {
      const moved = Array.from({ length: d }, (_, j) => xEdited![t * d + j]! - x![t * d + j]!);
      const wanted = Array.from(intervention.W_dec_rows, (w) => (v - fBefore[t]!) * w);
      expectClose(moved, wanted, 1e-6);
      expectClose([deltaNorm[t]!], [Math.hypot(...wanted)], 1e-5);
      expectClose([xNorm[t]!], [Math.hypot(...x!.subarray(t * d, (t + 1) * d))], 1e-5);
    }
  });

  const RULES: Record<string, Rule[]> = {
    clamp: [{ scale: 0, offset: 2 }, IDENTITY, IDENTITY],
    scale: [{ scale: 4, offset: 0 }, { scale: 0.5, offset: 0 }, IDENTITY],
    ablate: [
      { scale: 0, offset: 0 },
      { scale: 0, offset: 0 },
      { scale: 0, offset: 0 },
    ],
    add: [IDENTITY, { scale: 1, offset: -1.5 }, IDENTITY],
    'clamp if active': [0, 1, 2].map((i) => ({ scale: 0, offset: 2, gateFeature: i, gateThreshold: 0 })),
    'only where another feature exceeds a value': [
      { scale: 0, offset: 2, gateFeature: 2, gateThreshold: 0.8 },
      IDENTITY,
      IDENTITY,
    ],
    'all features at once': [
      { scale: 0, offset: 1 },
      { scale: 2, offset: 0.5 },
      { scale: 1, offset: 1 },
    ],
  };

  test.each(Object.entries(RULES))('%s does what its equation says', async (_, rules) => {
    const intervention = makeIntervention(HOOK, [rules], d);
    const edited = await forward([intervention]);
    const before = runReference(model, TOKENS);
    const after = runReference(model, TOKENS, referenceEdit([intervention], 0));
    expectClose(edited.activations.get(HOOK)!.data, after.hooks.get(HOOK)!.flat(), 1e-5);
    expectClose(edited.logits!, after.logits.flat(), 1e-5);
    const proof = edited.proofs[0]!;
    expectClose(proof.fBefore, encodeRows(intervention, before.hooks.get(HOOK)!).flat(), 1e-5);
    expectClose(proof.fAfter, encodeRows(intervention, after.hooks.get(HOOK)!).flat(), 1e-5);
    expect(after.logits).not.toEqual(before.logits);
  });

  test('a closed gate leaves the position bit-identical', async () => {
    const intervention = makeIntervention(
      HOOK,
      [[{ scale: 0, offset: 9, gateFeature: 0, gateThreshold: 1e6 }]],
      d,
    );
    expect((await forward([intervention])).logits).toEqual((await forward([])).logits);
  });

  test('each row of a batch has its own rules', async () => {
    const rules = [
      [IDENTITY, IDENTITY],
      [{ scale: 0, offset: 2 }, IDENTITY],
      [IDENTITY, { scale: 3, offset: 0 }],
    ];
    const intervention = makeIntervention(HOOK, rules, d);
    const { logits } = await forward([intervention], 3);
    const { d_vocab } = runtime.spec;
    for (const row of [0, 1, 2]) {
      const { logits: wanted } = runReference(model, TOKENS, referenceEdit([intervention], row));
      expectClose(rowOf(logits!, row, d_vocab), wanted.flat(), 1e-5);
    }
    expect(rowOf(logits!, 0, d_vocab)).not.toEqual(rowOf(logits!, 1, d_vocab));
  });

  test('a mask edits only the positions that it names', async () => {
    const intervention = makeIntervention(HOOK, [[{ scale: 0, offset: 2 }]], d);
    const mask = Float32Array.from({ length: T }, (_, t) => (t === 3 || t === 6 ? 1 : 0));
    const edited = await forward([{ ...intervention, mask }]);
    const wanted = runReference(model, TOKENS, referenceEdit([{ ...intervention, mask }], 0));
    expectClose(edited.logits!, wanted.logits.flat(), 1e-5);
    expect([...edited.proofs[0]!.deltaNorm].map((norm) => norm > 0)).toEqual([...mask].map((m) => m === 1));
  });

  test('a mask per feature edits each feature at its own positions', async () => {
    const intervention = makeIntervention(
      HOOK,
      [
        [
          { scale: 1, offset: 1 },
          { scale: 1, offset: 2 },
        ],
      ],
      d,
    );
    const mask = Float32Array.from({ length: T * 2 }, (_, i) => Number(i === 2 * 2 || i === 5 * 2 + 1));
    const [plain, edited] = [await forward([]), await forward([{ ...intervention, mask }])];
    const [x, xEdited] = [plain, edited].map(({ activations }) => activations.get(HOOK)!.data);
    const wanted = Array.from(x!);
    for (let j = 0; j < d; j++) {
      wanted[2 * d + j]! += intervention.W_dec_rows[j]!;
      wanted[5 * d + j]! += 2 * intervention.W_dec_rows[d + j]!;
    }
    expectClose(xEdited!, wanted, 1e-6);
  });

  test('several hook points are edited in one graph, in the order of computation', async () => {
    const names = [
      'blocks.0.hook_attn_out',
      'blocks.0.hook_resid_mid',
      'blocks.1.mlp.hook_post',
      'blocks.1.hook_mlp_out',
      'blocks.2.hook_resid_pre',
    ];
    const widths = new Map(runtime.hookPoints.map(({ name, width }) => [name, width]));
    const interventions = names.map((name) =>
      makeIntervention(name, [[{ scale: 0, offset: 1 }]], widths.get(name)!),
    );
    const edited = await forward(interventions, 1, names);
    const wanted = runReference(model, TOKENS, referenceEdit(interventions, 0));
    expectClose(edited.logits!, wanted.logits.flat(), 1e-5);
    for (const name of names)
      expectClose(edited.activations.get(name)!.data, wanted.hooks.get(name)!.flat(), 1e-5);
    expect(edited.proofs.map(({ hookPoint }) => hookPoint)).toEqual(names);
  });

  test('generation edits what forward edits, chunk by chunk and row by row', async () => {
    const rules = [[IDENTITY], [{ scale: 0, offset: 2 }]];
    const { mask: _, ...intervention } = makeIntervention(HOOK, rules, d);
    const generation = await runtime.openGeneration({
      batch: 2,
      maxTokens: T,
      interventions: [intervention],
      hookPoints: [HOOK],
    });
    const { d_vocab } = runtime.spec;
    const whole = await forward([intervention], 2);
    let at = 0;
    for (const count of [3, 1, 4]) {
      const chunk = TOKENS.slice(at, at + count);
      const step = await generation.step({ tokens: Int32Array.from([...chunk, ...chunk]) });
      at += count;
      for (const row of [0, 1]) {
        const last = (row * T + at - 1) * d_vocab;
        expectClose(
          step.logits.subarray(row * d_vocab, (row + 1) * d_vocab),
          whole.logits!.subarray(last, last + d_vocab),
          1e-5,
        );
        const from = row * T + at - count;
        const f = step.proofs[0]!.fAfter.subarray(row * count, (row + 1) * count);
        expectClose(f, whole.proofs[0]!.fAfter.subarray(from, from + count), 1e-5);
        const x = step.activations.get(HOOK)!.data.subarray(row * count * d, (row + 1) * count * d);
        expectClose(x, whole.activations.get(HOOK)!.data.subarray(from * d, (from + count) * d), 1e-5);
      }
    }
    expect([...generation.lengths]).toEqual([T, T]);
    await generation.close();
  });

  test('generation reads and edits the neurons of the MLP as forward does', async () => {
    const name = 'blocks.1.mlp.hook_post';
    const { mask: _, ...intervention } = makeIntervention(
      name,
      [[{ scale: 0, offset: 2 }]],
      runtime.spec.d_mlp,
    );
    const generation = await runtime.openGeneration({
      batch: 1,
      maxTokens: T,
      interventions: [intervention],
      hookPoints: [name],
    });
    const step = await generation.step({ tokens: Int32Array.from(TOKENS) });
    const wanted = runReference(model, TOKENS, referenceEdit([intervention], 0));
    expectClose(step.activations.get(name)!.data, wanted.hooks.get(name)!.flat(), 1e-5);
    expectClose(step.logits, wanted.logits.at(-1)!, 1e-5);
    await generation.close();
  });

  test('generation with identity edits has the bits of generation without', async () => {
    const { mask: _, ...intervention } = makeIntervention(HOOK, [[IDENTITY, IDENTITY]], d);
    const plain = await runtime.openGeneration({ batch: 1, maxTokens: T });
    const edited = await runtime.openGeneration({ batch: 1, maxTokens: T, interventions: [intervention] });
    for (const chunk of [TOKENS.slice(0, 4), TOKENS.slice(4, 5), TOKENS.slice(5)]) {
      const tokens = Int32Array.from(chunk);
      expect((await edited.step({ tokens })).logits).toEqual((await plain.step({ tokens })).logits);
    }
    await Promise.all([plain.close(), edited.close()]);
  });

  test('masks of a step leave the prompt alone and edit what is generated', async () => {
    const { mask: _, ...intervention } = makeIntervention(HOOK, [[{ scale: 0, offset: 2 }]], d);
    const generation = await runtime.openGeneration({
      batch: 1,
      maxTokens: T,
      interventions: [intervention],
    });
    const prompt = await generation.step({
      tokens: Int32Array.from(TOKENS.slice(0, 5)),
      masks: new Map([[HOOK, new Float32Array(5)]]),
    });
    expect([...prompt.proofs[0]!.deltaNorm]).toEqual([0, 0, 0, 0, 0]);
    const next = await generation.step({ tokens: Int32Array.of(TOKENS[5]!) });
    expect(next.proofs[0]!.deltaNorm[0]).toBeGreaterThan(0);
    const mask = Float32Array.of(0, 0, 0, 0, 0, 1);
    const wanted = runReference(model, TOKENS.slice(0, 6), referenceEdit([{ ...intervention, mask }], 0));
    expectClose(next.logits, wanted.logits[5]!, 1e-5);
    await generation.close();
  });

  const BAD: [string, (intervention: BatchIntervention) => BatchIntervention, RegExp][] = [
    [
      'a strength that is not finite',
      (e) => ({ ...e, offset: Float32Array.of(Number.NaN) }),
      /offset.*blocks\.1/,
    ],
    [
      'too few encoder rows',
      (e) => ({ ...e, W_enc_rows: e.W_enc_rows.subarray(1) }),
      /W_enc_rows.*31 values.*32/,
    ],
    ['a gate that is no feature', (e) => ({ ...e, gateFeature: Int32Array.of(1) }), /gateFeature 1/],
    [
      'a mask of another length',
      (e) => ({ ...e, mask: new Float32Array(T + 1) }),
      /mask.*9 values.*expected 8/,
    ],
    [
      'an unknown hook point',
      (e) => ({ ...e, hookPoint: 'blocks.1.hook_resid_pots' }),
      /nearest is blocks\.1\.hook_resid_post/,
    ],
  ];
  test.each(BAD)('refuses %s', async (_, change, message) => {
    const intervention = change(makeIntervention(HOOK, [[{ scale: 0, offset: 1 }]], d));
    await expect(forward([intervention])).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(message),
    });
  });
});
