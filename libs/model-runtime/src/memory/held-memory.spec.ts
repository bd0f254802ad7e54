import type { ModelRuntime } from '../model-runtime.ts';
import { openModelRuntime } from '../open-model-runtime.ts';
import { type TinyModel, writeTinyModel } from '../testing/tiny-model.ts';
import { createMemoryBudget, type MemoryBudget } from './memory-budget.ts';

const LIMIT = 100_000;

describe('memory of a runtime', () => {
  let model: TinyModel;
  let budget: MemoryBudget;
  let runtime: ModelRuntime;
  beforeAll(async () => {
    model = await writeTinyModel();
    budget = createMemoryBudget(LIMIT);
    runtime = await openModelRuntime(model.directory, { threads: 1, memory: budget.account() });
  });
  afterAll(async () => {
    await runtime.close();
    await model.remove();
  });

  const refusal = (bytes: number, held = 0) => ({
    kind: 'exhausted',
    reason: 'MEMORY_FULL',
    metadata: { bytes: String(bytes), held: String(held), budget: String(LIMIT) },
  });
  const project = (rows: number) => {
    const directions = new Float32Array(rows * runtime.spec.d_model).fill(1);
    return runtime.projectToVocabulary({ directions, rows });
  };

  test('refuses results that do not fit, naming the bytes', async () => {
    const { d_vocab, d_model } = runtime.spec;
    const rows = Math.ceil(LIMIT / (4 * d_vocab));
    await expect(project(rows)).rejects.toMatchObject(refusal(4 * rows * d_vocab));
    const tokens = new Int32Array(16 * rows);
    const request = { tokens, batch: 2 * rows };
    await expect(runtime.forward({ ...request, logits: 'all' })).rejects.toMatchObject(
      refusal(4 * 16 * rows * (d_vocab + d_model)),
    );
    const hookPoints = ['blocks.0.hook_resid_post'];
    const bytes = 2 * 16 * rows * d_model;
    const halves = runtime.forward({ ...request, hookPoints, activationDtype: 'F16' });
    if (bytes > LIMIT) await expect(halves).rejects.toMatchObject(refusal(bytes));
    else await halves;
  });

  test('holds the cache of a generation until it is closed, and nothing of a result that was given', async () => {
    const { n_layers, n_kv_heads, d_head } = runtime.spec;
    const generation = await runtime.openGeneration({ batch: 2, maxTokens: 8 });
    const bytes = 2 * n_layers * 2 * n_kv_heads * 8 * d_head * 4;
    expect(runtime.memory()).toMatchObject({ held: { caches: bytes }, limit: LIMIT });
    await project(1);
    expect(runtime.memory().held.results).toBeUndefined();
    await expect(runtime.openGeneration({ batch: 64, maxTokens: 16 })).rejects.toMatchObject(
      refusal(bytes * 64, bytes),
    );
    await generation.close();
    expect(runtime.memory().held.caches).toBeUndefined();
  });

  test('shares the budget with other models', async () => {
    const other = budget.account().hold({ purpose: 'sessions', bytes: LIMIT });
    await expect(project(1)).rejects.toMatchObject(refusal(4 * runtime.spec.d_vocab, LIMIT));
    other.free();
    await expect(project(1)).resolves.toHaveLength(runtime.spec.d_vocab);
  });
});
