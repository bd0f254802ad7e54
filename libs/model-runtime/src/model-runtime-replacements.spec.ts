import { HOOK_KINDS } from '@facet/transformer';
import { klDivergence } from '@facet/transformer/sampling';
import type { BatchReplacement, ModelRuntime } from './model-runtime.ts';
import { openModelRuntime } from './open-model-runtime.ts';
import { expectClose } from './testing/closeness.ts';
import { makeIntervention, referenceEdit } from './testing/edit-fixtures.ts';
import { type Rows, runReference } from './testing/reference-model.ts';
import { createNoise, type TinyModel, writeTinyModel } from './testing/tiny-model.ts';

const CONTEXTS = [
  [1, 7, 30, 2, 19, 44, 5, 11],
  [3, 3, 40, 9, 12],
];
const T = 8;
const BATCH = CONTEXTS.length;
const TOKENS = Int32Array.from(CONTEXTS.flatMap((ids) => [...ids, ...new Array(T - ids.length).fill(0)]));
const LENGTHS = CONTEXTS.map(({ length }) => length);

let model: TinyModel;
let runtime: ModelRuntime;
beforeAll(async () => {
  model = await writeTinyModel();
  runtime = await openModelRuntime(model.directory, { threads: 1 });
});
afterAll(async () => {
  await runtime.close();
  await model.remove();
});

/** Random rows at a hook point, for every second position where `masked`. */
function randomReplacement(hookPoint: string, masked: boolean): BatchReplacement {
  const { width } = runtime.hookPoints.find(({ name }) => name === hookPoint)!;
  const noise = createNoise(5);
  const rows = Float32Array.from({ length: BATCH * T * width }, () => noise());
  if (!masked) return { hookPoint, rows };
  return { hookPoint, rows, mask: Uint8Array.from({ length: BATCH * T }, (_, place) => place % 2) };
}

/** What replacements mean, straight from the definition. */
function replaceRows(replacements: readonly BatchReplacement[], row: number) {
  return (hookPoint: string, own: Rows): Rows => {
    const found = replacements.find((replacement) => replacement.hookPoint === hookPoint);
    if (found === undefined) return own;
    return own.map((x, t) => {
      const place = row * T + t;
      if (found.mask?.[place] === 0) return x;
      return [...found.rows.subarray(place * x.length, (place + 1) * x.length)];
    });
  };
}

const forward = (replacements: BatchReplacement[], hookPoints: string[] = []) =>
  runtime.forward({
    tokens: TOKENS,
    batch: BATCH,
    lengths: LENGTHS,
    logits: 'all',
    residual: true,
    hookPoints,
    replacements,
  });

function logitsOf(logits: Float32Array, row: number): Float32Array {
  const { d_vocab } = runtime.spec;
  return logits.subarray(row * T * d_vocab, (row * T + LENGTHS[row]!) * d_vocab);
}

describe('replacements', () => {
  const KINDS = HOOK_KINDS.filter((kind) => !kind.endsWith('_added'));
  const PLACES = KINDS.flatMap((kind) => [0, 2].map((layer) => `blocks.${layer}.${kind}`));
  const CASES = PLACES.flatMap((name) => [
    [name, 'every row', false] as const,
    [name, 'the rows of a mask', true] as const,
  ]);

  test.each(CASES)('at %s go on from %s as the reference does', async (name, _, masked) => {
    const replacement = randomReplacement(name, masked);
    const { logits, activations } = await forward([replacement], [name]);
    CONTEXTS.forEach((ids, row) => {
      const wanted = runReference(model, ids, replaceRows([replacement], row));
      expectClose(logitsOf(logits!, row), wanted.logits.flat(), 1e-5);
      const { data, width } = activations.get(name)!;
      const first = row * T * width;
      expectClose(data.subarray(first, first + ids.length * width), wanted.hooks.get(name)!.flat(), 1e-5);
    });
  });

  test('at several hook points hold together, in the order of computation', async () => {
    const replacements = [
      randomReplacement('blocks.0.hook_attn_out', true),
      randomReplacement('blocks.1.mlp.hook_post', true),
      randomReplacement('blocks.2.hook_resid_mid', true),
    ];
    const { logits } = await forward(replacements);
    CONTEXTS.forEach((ids, row) => {
      const wanted = runReference(model, ids, replaceRows(replacements, row));
      expectClose(logitsOf(logits!, row), wanted.logits.flat(), 1e-5);
    });
  });

  test('are changed by edits at the same hook point', async () => {
    const name = 'blocks.1.hook_resid_post';
    const replacement = randomReplacement(name, false);
    const rules = CONTEXTS.map(() => [{ scale: 0, offset: 2 }]);
    const intervention = makeIntervention(name, rules, runtime.spec.d_model);
    const { logits } = await runtime.forward({
      tokens: TOKENS,
      batch: BATCH,
      lengths: LENGTHS,
      logits: 'all',
      replacements: [replacement],
      interventions: [intervention],
    });
    CONTEXTS.forEach((ids, row) => {
      const [replace, edit] = [replaceRows([replacement], row), referenceEdit([intervention], row)];
      const wanted = runReference(model, ids, (point, rows) => edit(point, replace(point, rows)));
      expectClose(logitsOf(logits!, row), wanted.logits.flat(), 1e-5);
    });
  });

  test("of the model's own rows change no logit", async () => {
    for (const name of PLACES) {
      const plain = await forward([], [name]);
      const rows = plain.activations.get(name)!.data as Float32Array;
      const same = await forward([{ hookPoint: name, rows }]);
      const masked = await forward([{ hookPoint: name, rows, mask: new Uint8Array(BATCH * T).fill(1) }]);
      CONTEXTS.forEach((_, row) => {
        expectClose(logitsOf(same.logits!, row), logitsOf(plain.logits!, row), 1e-6);
        expectClose(logitsOf(masked.logits!, row), logitsOf(plain.logits!, row), 1e-6);
      });
    }
  });

  test('that a mask leaves out altogether change no bit', async () => {
    const name = 'blocks.1.hook_resid_post';
    const replacement = { ...randomReplacement(name, false), mask: new Uint8Array(BATCH * T) };
    expect((await forward([replacement])).logits).toEqual((await forward([])).logits);
  });

  test('attend in blocks to a long context, without its tokens', async () => {
    const long = await writeTinyModel({ config: { max_position_embeddings: 256, num_hidden_layers: 2 } });
    const other = await openModelRuntime(long.directory, { threads: 1 });
    const tokens = Int32Array.from({ length: 140 }, (_, t) => t % 48);
    const name = 'blocks.0.hook_resid_post';
    const noise = createNoise(6);
    const rows = Float32Array.from({ length: 140 * other.spec.d_model }, () => noise());
    const { logits } = await other.forward({
      tokens,
      batch: 1,
      logits: 'all',
      replacements: [{ hookPoint: name, rows }],
    });
    const wanted = runReference(long, [...tokens], (point, own) =>
      point === name ? own.map((x, t) => [...rows.subarray(t * x.length, (t + 1) * x.length)]) : own,
    );
    expectClose(logits!, wanted.logits.flat(), 1e-5);
    await other.close();
    await long.remove();
  });

  const BAD: [string, (good: BatchReplacement) => BatchReplacement[], RegExp][] = [
    [
      'rows of another length',
      (good) => [{ ...good, rows: good.rows.subarray(1) }],
      /511 values; expected 512/,
    ],
    [
      'a value that is not finite',
      (good) => [{ ...good, rows: good.rows.map(() => Number.NaN) }],
      /NaN at index 0/,
    ],
    [
      'a mask of another length',
      (good) => [{ ...good, mask: new Uint8Array(3) }],
      /mask.*3 values; expected 16/,
    ],
    ['a hook point twice', (good) => [good, good], /replaced twice/],
    ['an unknown hook point', (good) => [{ ...good, hookPoint: 'blocks.9.hook_z' }], /nearest/],
  ];
  test.each(BAD)('refuse %s', async (_, change, message) => {
    const good = randomReplacement('blocks.1.hook_resid_post', false);
    await expect(forward(change(good))).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(message),
    });
  });
});

describe('compareScores', () => {
  const compare = (edited: Float32Array, unedited: Float32Array) =>
    runtime.compareScores({ tokens: TOKENS, batch: BATCH, lengths: LENGTHS, edited, unedited });

  test('gives the nll of both sides and the divergence that their logits have in double precision', async () => {
    const [plain, edited] = [
      await forward([]),
      await forward([randomReplacement('blocks.1.hook_resid_post', true)]),
    ];
    const comparison = await compare(edited.residual!, plain.residual!);
    const { scores } = await runtime.forward({
      tokens: TOKENS,
      batch: BATCH,
      lengths: LENGTHS,
      scores: true,
    });
    expect([...comparison.uneditedNll]).toEqual([...scores!.nll]);
    const { d_vocab } = runtime.spec;
    for (let row = 0; row < BATCH; row++)
      for (let t = 0; t < T; t++) {
        const place = row * T + t;
        if (t === 0 || t >= LENGTHS[row]!) {
          expect([comparison.nll[place], comparison.kl[place]]).toEqual([NaN, NaN]);
          continue;
        }
        const at = (place - 1) * d_vocab;
        const [p, q] = [plain, edited].map(({ logits }) => logits!.subarray(at, at + d_vocab));
        const kl = klDivergence(p!, q!);
        expect(kl > 0).toBe(t > 1);
        expectClose([comparison.kl[place]!], [kl], 1e-6);
      }
  });

  test('finds nothing between equal residuals', async () => {
    const { residual } = await forward([]);
    const { nll, uneditedNll, kl } = await compare(residual!, residual!);
    expect([...nll]).toEqual([...uneditedNll]);
    expect(kl.every((value) => value === 0 || Number.isNaN(value))).toBe(true);
    expect(kl.filter((value) => value === 0)).toHaveLength(LENGTHS[0]! + LENGTHS[1]! - 2);
  });

  test('refuses a residual of another size', async () => {
    const { residual } = await forward([]);
    await expect(compare(residual!.subarray(1), residual!)).rejects.toThrow(/511 values; expected 512/);
  });
});
