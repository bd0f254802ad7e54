import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '@facet/mesh';
import { createMemoryBudget, openModelRuntime } from '@facet/model-runtime';
import { describeSharedModels } from '@facet/model-runtime/testing';
import { type InferenceSetup, serveInference } from '../testing/serve-inference.ts';
import { loadModels } from './model-registry.ts';
import { readLossText } from './quantization-loss.ts';

const name = 'models/m';

describeSharedModels(({ directory }) => {
  let setup: InferenceSetup;
  beforeAll(async () => {
    setup = await serveInference(`m=${directory}`);
  });
  afterAll(() => setup?.close());

  const memoryOf = async () => (await setup.client.getModel({ name })).model!.memory!;
  const hold = (bytes: number) => setup.work.memory!.hold({ purpose: 'results', bytes });
  const room = () => setup.work.memory!.limit - setup.work.memory!.heldByAll();
  const generate = async () => {
    const words = setup.client.generateText({
      model: name,
      prompt: { $case: 'text', value: 'Once' },
      sampling: { maxTokens: 4 },
    });
    let tokens = 0;
    for await (const { event } of words) if (event?.$case === 'token') tokens++;
    return tokens;
  };

  test('says what the file, the copy and the process take, and the budget', async () => {
    const memory = await memoryOf();
    const { size } = await stat(join(directory, 'model.safetensors'));
    expect(memory).toMatchObject({ fileBytes: BigInt(size), copyBytes: 0n });
    expect(memory.uses.find(({ purpose }) => purpose === 'tokenizers')!.bytes).toBeGreaterThan(2n ** 20n);
    const sum = memory.uses.reduce((total, { bytes }) => total + bytes, 0n);
    expect(memory.privateBytes).toBe(sum);
    expect(memory.heldBytes).toBeGreaterThan(memory.privateBytes);
    expect(memory.budgetBytes).toBeGreaterThan(memory.heldBytes);
    expect(memory.processPrivateBytes).toBeGreaterThan(2n ** 20n);
    expect((await setup.client.listModels({})).models[0]!.memory!.fileBytes).toBe(BigInt(size));
    expect(setup.logged.find(({ msg }) => msg === 'model loaded')).toMatchObject({
      copyMib: 0,
      budgetMib: Number(memory.budgetBytes / 2n ** 20n),
      privateMib: expect.any(Number),
    });
  });

  test('refuses with RESOURCE_EXHAUSTED what does not fit, and answers once there is room', async () => {
    const others = hold(room() - 1000);
    await expect(generate()).rejects.toMatchObject({
      kind: 'exhausted',
      reason: 'MEMORY_FULL',
      message: expect.stringMatching(/\d+ bytes for \w+ do not fit: \d+ of the \d+ bytes/),
      metadata: { bytes: expect.stringMatching(/^\d+$/), budget: String(setup.work.memory!.limit) },
    });
    others.free();
    expect(await generate()).toBe(4);
    expect((await memoryOf()).uses.map(({ purpose }) => purpose)).not.toContain('caches');
  });

  test('names the model that does not fit', async () => {
    const loading = loadModels([{ id: 'm', directory }], {
      openModelRuntime,
      runtime: {},
      memory: createMemoryBudget(2 ** 20),
      lossText: await readLossText(undefined),
      tokenizer: { processes: 1, jobMs: 60_000 },
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
    await expect(loading).rejects.toMatchObject({
      kind: 'exhausted',
      message: expect.stringMatching(/^the model m needs \d+ bytes more, and 0 of the 1048576 .* hold fewer/),
    });
  });

  test('does not start where the process alone is larger than the budget', async () => {
    const small = serveInference(`m=${directory}`, { memoryBytes: 2 ** 20 });
    await expect(small).rejects.toMatchObject({
      kind: 'exhausted',
      message: expect.stringMatching(/bytes for process do not fit: 0 of the 1048576/),
    });
  });
});
