import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ModelRuntime, openModelRuntime, type Quantization } from './index.ts';
import { expectClose } from './testing/closeness.ts';
import { writeDequantized } from './testing/dequantized-checkpoint.ts';
import { IDENTITY, makeIntervention } from './testing/edit-fixtures.ts';

const FAMILIES = fileURLToPath(new URL('../../../../shared/data/families/', import.meta.url));
const NAMES = [
  ...['gemma2', 'gemma3', 'gpt-neo', 'gpt-neox', 'gpt2', 'granite', 'llama-biases', 'llama-grouped'],
  ...['llama-rope3-sharded', 'llama-yarn', 'mistral-window', 'olmo2', 'phi', 'phi3-longrope', 'qwen2-window'],
  ...['qwen3', 'smollm3', 'starcoder2'],
];
/** Both widths, and blocks that are smaller and larger than the rows of these models. */
const QUANTIZATIONS: Quantization[] = [
  { bits: 8, blockSize: 32 },
  { bits: 4, blockSize: 128 },
  { bits: 8, blockSize: 64 },
  { bits: 4, blockSize: 32 },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'facet-quantized-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Every hook point and all logits of one text. */
function run(runtime: ModelRuntime, tokens: Int32Array) {
  const hookPoints = runtime.hookPoints.map(({ name }) => name);
  return runtime.forward({ tokens, batch: 1, hookPoints, logits: 'all' });
}

/** Next-token logits after each of the tokens, taken one at a time from a cache. */
async function decode(runtime: ModelRuntime, tokens: Int32Array): Promise<Float32Array[]> {
  const generation = await runtime.openGeneration({ batch: 1, maxTokens: tokens.length });
  const logits: Float32Array[] = [];
  for (const token of tokens) logits.push((await generation.step({ tokens: Int32Array.of(token) })).logits);
  await generation.close();
  return logits;
}

/** Edits at the last hook point of the first block, in whole contexts and while decoding. */
async function expectSameEdits(ours: ModelRuntime, theirs: ModelRuntime, tokens: Int32Array): Promise<void> {
  const { name, width } = ours.hookPoints.filter(({ layer }) => layer === 0).at(-1)!;
  const identity = [makeIntervention(name, [[IDENTITY]], width)];
  const unchanged = await ours.forward({ tokens, batch: 1, interventions: identity, logits: 'last' });
  expect(unchanged.logits).toEqual((await ours.forward({ tokens, batch: 1, logits: 'last' })).logits);
  const rules = [[IDENTITY, { scale: 0, offset: 2 }]];
  const interventions = [makeIntervention(name, rules, width)];
  const edited = (runtime: ModelRuntime) =>
    runtime.forward({ tokens, batch: 1, interventions, logits: 'last' });
  const [a, b] = [await edited(ours), await edited(theirs)];
  expectClose(a.logits!, b.logits!);
  expectClose(a.proofs[0]!.fAfter, b.proofs[0]!.fAfter);
  const generation = await ours.openGeneration({ batch: 1, maxTokens: tokens.length, interventions });
  expectClose((await generation.step({ tokens })).logits, b.logits!);
  await generation.close();
}

/** Default and steered text are two rows of one batch: the row that is left alone keeps every bit. */
async function expectDefaultRow(runtime: ModelRuntime, tokens: Int32Array): Promise<void> {
  const { name, width } = runtime.hookPoints.filter(({ layer }) => layer === 0).at(-1)!;
  const interventions = [makeIntervention(name, [[IDENTITY], [{ scale: 0, offset: 2 }]], width)];
  const next = async (edits: typeof interventions) => {
    const generation = await runtime.openGeneration({
      batch: 2,
      maxTokens: tokens.length + 1,
      interventions: edits,
    });
    await generation.step({ tokens: Int32Array.of(...tokens, ...tokens) });
    const { logits } = await generation.step({ tokens: Int32Array.of(3, 3) });
    await generation.close();
    return logits;
  };
  const [plain, edited] = [await next([]), await next(interventions)];
  const { d_vocab } = runtime.spec;
  expect(plain.subarray(0, d_vocab)).toEqual(plain.subarray(d_vocab));
  expect(edited.subarray(0, d_vocab)).toEqual(plain.subarray(0, d_vocab));
  expect(edited.subarray(d_vocab)).not.toEqual(plain.subarray(d_vocab));
}

const known = NAMES.filter((name) => existsSync(join(FAMILIES, name)));
(known.length > 0 ? describe : describe.skip)('quantized weights', () => {
  const cases = known.flatMap((name, index) =>
    QUANTIZATIONS.slice(2 * (index % 2), 2 * (index % 2) + 2).map((quantization) => ({
      name,
      ...quantization,
    })),
  );
  test.each(cases)(
    '$name in blocks of $blockSize with $bits bits computes with what its blocks stand for',
    async ({ name, bits, blockSize }) => {
      const quantization = { bits, blockSize };
      const directory = join(FAMILIES, name);
      const whole = await writeDequantized(directory, { folder, quantization });
      const golden = JSON.parse(await readFile(join(directory, 'golden.json'), 'utf8'));
      const tokens = Int32Array.from(golden.cases[0].token_ids.slice(0, 16) as number[]);
      const options = { threads: 1, weightCopies: join(folder, 'copies') };
      const quantized = await openModelRuntime(directory, { ...options, quantization });
      expect(quantized.identity.modelSha256).not.toBe(quantized.identity.storedModelSha256);
      const reference = await openModelRuntime(whole, options);
      const [ours, theirs] = [await run(quantized, tokens), await run(reference, tokens)];
      expectClose(ours.logits!, theirs.logits!);
      for (const [hookPoint, { data }] of ours.activations)
        expectClose(data, theirs.activations.get(hookPoint)!.data);
      const { d_vocab } = quantized.spec;
      (await decode(quantized, tokens)).forEach((logits, t) => {
        expectClose(logits, theirs.logits!.subarray(t * d_vocab, (t + 1) * d_vocab));
      });
      await expectSameEdits(quantized, reference, tokens);
      await expectDefaultRow(quantized, tokens.subarray(0, 8));
      await quantized.close();
      await reference.close();
    },
    120_000,
  );
});
