import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model } from '@facet/contracts';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { collectGeneration, readFloats, readIds, tokens } from '../testing/messages.ts';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';
import { QUANTIZATION_TEXT } from './quantization-text.ts';

describeSharedModels(({ directory }) => {
  let root: string;
  let setup: InferenceSetup;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'facet-quantized-'));
    setup = await serve({});
  }, 60_000);
  afterAll(async () => {
    await setup?.close();
    await rm(root, { recursive: true });
  });

  /** The same checkpoint as it is stored, in four bits and in eight. */
  const serve = (overrides: Parameters<typeof serveInference>[1]) =>
    serveInference(`plain=${directory},four=${directory},eight=${directory}`, {
      quantize: {
        named: new Map([
          ['four', 4],
          ['eight', 8],
        ]),
      },
      quantizeBlock: 32,
      checksFile: join(root, 'checks'),
      weightCopies: join(root, 'copies'),
      ...overrides,
    });

  const held = async ({ client }: InferenceSetup) => {
    const { models } = await client.listModels({});
    // What they hold in memory is another number every time.
    const facts = models.map((model): [string, Model] => [model.name, { ...model, memory: undefined }]);
    return Object.fromEntries(facts) as Record<string, Model>;
  };

  /** Mean loss of a model on the bundled text, from what anybody may ask. */
  async function lossOf(model: string): Promise<{ mean: number; count: number }> {
    const { client } = setup;
    const { bosTokenId, nCtx } = (await client.getModel({ name: model })).model!;
    const { tokens: text } = await client.tokenizeText({
      model,
      texts: [QUANTIZATION_TEXT],
      addSpecialTokens: false,
    });
    const ids = readIds(text!.tokenIds);
    const width = Math.min(512, nCtx) - (bosTokenId === undefined ? 0 : 1);
    const contexts: number[][] = [];
    for (let from = 0; from < ids.length; from += width)
      contexts.push([...(bosTokenId === undefined ? [] : [bosTokenId]), ...ids.slice(from, from + width)]);
    const input = { $case: 'tokens' as const, value: tokens(...contexts) };
    const { scores } = await client.scoreText({ model, input });
    const nll = scores.flatMap((score) => [...readFloats(score.nll)]);
    return { mean: nll.reduce((sum, value) => sum + value, 0) / nll.length, count: nll.length };
  }

  test('stand beside the stored model under names and hashes of their own, with the loss they cost', async () => {
    const models = await held(setup);
    expect(Object.keys(models)).toEqual(['models/eight-int8', 'models/four-int4', 'models/plain']);
    const plain = models['models/plain']!;
    expect(plain.quantization).toBeUndefined();
    const { mean: stored } = await lossOf('models/plain');
    const hashes = new Set([plain.lineage!.modelSha256]);
    for (const [name, format] of [
      ['models/eight-int8', 'int8'],
      ['models/four-int4', 'int4'],
    ] as const) {
      const { quantization, lineage } = models[name]!;
      const { mean, count } = await lossOf(name);
      expect(quantization).toMatchObject({
        format,
        blockSize: 32,
        storedModelSha256: plain.lineage!.modelSha256,
        measuredTokens: count,
        textSha256: createHash('sha256').update(QUANTIZATION_TEXT).digest('hex'),
      });
      expect(quantization!.meanNll).toBeCloseTo(mean, 4);
      expect(quantization!.storedMeanNll).toBeCloseTo(stored, 4);
      expect(lineage!.tokenizerSha256).toBe(plain.lineage!.tokenizerSha256);
      hashes.add(lineage!.modelSha256);
    }
    expect(hashes.size).toBe(3);
    const [four, eight] = [models['models/four-int4']!, models['models/eight-int8']!];
    const cost = ({ quantization }: Model) => Math.abs(quantization!.meanNll - quantization!.storedMeanNll);
    expect(cost(four)).toBeGreaterThan(cost(eight));
    expect(cost(eight)).toBeLessThan(0.01);
    expect(setup.logged.map(({ msg }) => String(msg))).toContainEqual(
      expect.stringMatching(
        /^quantized to int4 in blocks of 32: [\d.]+ nats a token, [\d.]+ as stored \([+-][\d.]+\), over \d+ tokens$/,
      ),
    );
  });

  test('give activations and text with their own hash', async () => {
    const model = 'models/four-int4';
    const { lineage } = (await held(setup))[model]!;
    const input = { $case: 'tokens' as const, value: tokens([1, 20, 30, 40]) };
    for await (const { event } of setup.client.computeActivations({
      model,
      input,
      hookPoints: ['blocks.0.hook_resid_post'],
    }))
      if (event?.$case === 'header') expect(event.value.lineage).toMatchObject({ ...lineage });
    const prompt = { $case: 'text' as const, value: 'Once upon a time' };
    const { tokens: written } = await collectGeneration(
      setup.client.generateText({ model, prompt, sampling: { maxTokens: 8 } }),
    );
    expect(written).toHaveLength(8);
  });

  test('are measured once, until another text is named', async () => {
    const before = await held(setup);
    const again = await serve({});
    expect(await held(again)).toEqual(before);
    expect(again.work.forwards).toBe(0);
    await again.close();
    const quantizeText = join(root, 'text');
    await writeFile(quantizeText, 'Once upon a time there was a little dog who liked to run in the park.');
    const other = await serve({ quantizeText });
    expect(other.work.forwards).toBeGreaterThan(0);
    const { quantization } = (await held(other))['models/four-int4']!;
    expect(quantization!.measuredTokens).toBeLessThan(
      before['models/four-int4']!.quantization!.measuredTokens,
    );
    await other.close();
  }, 60_000);

  test('are refused with a text that cannot be read', async () => {
    await expect(serve({ quantizeText: join(root, 'absent') })).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/FACET_INFERENCE_QUANTIZE_TEXT: .*absent is no text/),
    });
  });
});
