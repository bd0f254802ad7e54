import type { BatchIntervention, GenerationStep, ModelRuntime } from '../model-runtime.ts';
import { openModelRuntime } from '../open-model-runtime.ts';
import { expectClose } from '../testing/closeness.ts';
import { makeIntervention } from '../testing/edit-fixtures.ts';
import { type TinyModel, writeTinyModel } from '../testing/tiny-model.ts';

const HOOK = 'blocks.1.hook_resid_post';
const ORIGINAL = 6;
const rope_scaling = {
  ...{ rope_type: 'longrope', original_max_position_embeddings: ORIGINAL, factor: 4 },
  ...{ short_factor: [1, 1, 1.1, 1.2], long_factor: [1, 2, 3, 5] },
};
const TEXT = [1, 7, 30, 2, 19, 44, 5, 11, 3, 9, 21, 6];
const OTHER = [4, 8, 15, 16, 23, 42, 17, 2, 33, 12, 10, 40];
/** Two features, each edited at other positions of a text. */
const MASK = Float32Array.from({ length: 2 * TEXT.length }, (_, i) => (i % 3 === 0 ? 0 : 1));

let model: TinyModel;
let runtime: ModelRuntime;
beforeAll(async () => {
  model = await writeTinyModel({ config: { rope_scaling } });
  runtime = await openModelRuntime(model.directory, { threads: 1 });
});
afterAll(async () => {
  await runtime.close();
  await model.remove();
});

function intervention(batch: number): Omit<BatchIntervention, 'mask'> {
  const rules = Array.from({ length: batch }, () => [
    { scale: 0, offset: 0.8 },
    { scale: 3, offset: 0 },
  ]);
  const { mask: _, ...made } = makeIntervention(HOOK, rules, 32);
  return made;
}

/** The truth: one pass over the whole text. */
async function whole(text: readonly number[], masks: Float32Array) {
  const mask = masks.slice(0, 2 * text.length);
  const tokens = Int32Array.from(text);
  const interventions = [{ ...intervention(1), mask }];
  return runtime.forward({ tokens, batch: 1, hookPoints: [HOOK], logits: 'last', interventions });
}

/** Whether row `row` of a step of a batch is what the end of the whole text is. */
async function expectEnd(step: GenerationStep, row: number, text: readonly number[], masks = MASK) {
  const truth = await whole(text, masks);
  const { d_vocab } = runtime.spec;
  expectClose(step.logits.subarray(row * d_vocab, (row + 1) * d_vocab), truth.logits!, 1e-5);
  const ends = ({ positions }: { positions: number }, at: number, width: number) =>
    [at * positions * width, (at + 1) * positions * width] as const;
  const own = step.activations.get(HOOK)!;
  const [from, to] = ends(step, row, own.width);
  const rows = truth.activations.get(HOOK)!.data;
  expectClose(own.data.slice(from, to), rows.slice(rows.length - step.positions * own.width), 1e-5);
  const [f0, f1] = ends(step, row, 2);
  const before = truth.proofs[0]!.fBefore;
  expectClose(step.proofs[0]!.fBefore.slice(f0, f1), before.slice(before.length - 2 * step.positions), 1e-5);
}

describe('a text that outgrows the length up to which its keys were rotated', () => {
  test('goes on as a pass over the whole text does, each row of a batch at its own token', async () => {
    const texts = [TEXT, OTHER];
    const generation = await runtime.openGeneration({
      ...{ batch: 2, maxTokens: TEXT.length, hookPoints: [HOOK], interventions: [intervention(2)] },
    });
    const done = [5, 3];
    // The same array for every step, as a caller may do.
    const mask = new Float32Array(4);
    const prompt = [...TEXT.slice(0, 5), ...OTHER.slice(0, 3), 0, 0];
    const first = [MASK.slice(0, 10), MASK.slice(0, 6), new Float32Array(4)].flatMap((part) => [...part]);
    await generation.step({
      ...{ tokens: Int32Array.from(prompt), lengths: done },
      masks: new Map([[HOOK, Float32Array.from(first)]]),
    });
    while (done[0]! < TEXT.length) {
      for (const [row, at] of done.entries()) mask.set(MASK.subarray(2 * at, 2 * at + 2), 2 * row);
      const tokens = Int32Array.from(done, (at, row) => texts[row]![at]!);
      const step = await generation.step({ tokens, masks: new Map([[HOOK, mask]]) });
      for (const row of [0, 1]) await expectEnd(step, row, texts[row]!.slice(0, ++done[row]!));
    }
    await generation.close();
  });

  test('gives the rows of a chunk that crosses it, after steps without masks', async () => {
    const all = Float32Array.from(MASK, (value, i) => (i < 8 ? 1 : value));
    const generation = await runtime.openGeneration({
      ...{ batch: 1, maxTokens: TEXT.length, hookPoints: [HOOK], interventions: [intervention(1)] },
    });
    await generation.step({ tokens: Int32Array.from(TEXT.slice(0, 4)) });
    const masks = new Map([[HOOK, all.slice(8, 16)]]);
    const step = await generation.step({ tokens: Int32Array.from(TEXT.slice(4, 8)), masks });
    await expectEnd(step, 0, TEXT.slice(0, 8), all);
    await generation.close();
  });

  test('draws the token of the row that was run anew', async () => {
    const sampler = {
      row: 0,
      options: { temperature: 0 },
      seed: 0n,
      prompt: Int32Array.from(TEXT.slice(0, 6)),
    };
    const generation = await runtime.openGeneration({ batch: 1, maxTokens: 8, samplers: [sampler] });
    await generation.step({ tokens: Int32Array.from(TEXT.slice(0, 6)) });
    const { drawn } = await generation.step({ tokens: Int32Array.of(TEXT[6]!), draw: [0] });
    const tokens = Int32Array.from(TEXT.slice(0, 7));
    const { logits } = await runtime.forward({ tokens, batch: 1, logits: 'last' });
    expect(drawn[0]!.id).toBe(logits!.indexOf(Math.max(...logits!)));
    await generation.close();
  });
});
