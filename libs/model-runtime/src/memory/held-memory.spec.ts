import { createCacheBudget } from '../generation/cache-budget.ts';
import type { ModelRuntime } from '../model-runtime.ts';
import { openModelRuntime } from '../open-model-runtime.ts';
import { type TinyModel, writeTinyModel } from '../testing/tiny-model.ts';
import { createMemoryBudget, type MemoryBudget } from './memory-budget.ts';

const LIMIT = 64 * 2 ** 20;
/** So many logits that those of a few hundred rows do not fit. */
const D_VOCAB = 50_000;

const refusal = (bytes: number, held: unknown = expect.stringMatching(/^\d+$/)) => ({
  kind: 'exhausted',
  reason: 'MEMORY_FULL',
  metadata: { bytes: String(bytes), held, budget: String(LIMIT) },
});

describe('memory of a runtime', () => {
  let model: TinyModel;
  let budget: MemoryBudget;
  let runtime: ModelRuntime;
  beforeAll(async () => {
    model = await writeTinyModel({ config: { vocab_size: D_VOCAB } });
    budget = createMemoryBudget(LIMIT);
    runtime = await openModelRuntime(model.directory, { threads: 1, memory: budget.account() });
  });
  afterAll(async () => {
    await runtime.close();
    await model.remove();
  });

  const project = (rows: number) => {
    const directions = new Float32Array(rows * runtime.spec.d_model).fill(1);
    return runtime.projectToVocabulary({ directions, rows });
  };

  test('refuses results that do not fit, naming the bytes', async () => {
    const { d_model } = runtime.spec;
    await expect(project(400)).rejects.toMatchObject(refusal(4 * 400 * D_VOCAB));
    const request = { tokens: new Int32Array(16 * 64), batch: 64 };
    const bytes = 4 * 16 * 64 * (D_VOCAB + d_model);
    await expect(runtime.forward({ ...request, logits: 'all' })).rejects.toMatchObject(refusal(bytes));
    const hookPoints = ['blocks.0.hook_resid_post'];
    const halves = runtime.forward({ ...request, hookPoints, activationDtype: 'F16', logits: 'all' });
    await expect(halves).rejects.toMatchObject(refusal(bytes + 2 * 16 * 64 * d_model));
  });

  test('holds the cache of a generation until it is closed, and nothing of a result that was given', async () => {
    const { n_layers, n_kv_heads, d_head } = runtime.spec;
    const generation = await runtime.openGeneration({ batch: 2, maxTokens: 8 });
    const bytes = 2 * n_layers * 2 * n_kv_heads * 8 * d_head * 4;
    expect(runtime.memory()).toMatchObject({ held: { caches: bytes }, limit: LIMIT });
    expect(await project(1)).toHaveLength(D_VOCAB);
    expect(runtime.memory().held.results).toBeUndefined();
    await generation.close();
    expect(runtime.memory().held.caches).toBeUndefined();
  });

  test('tells what its files take, and a copy where it maps one', async () => {
    expect(runtime.memory()).toMatchObject({ copyBytes: 0, fileBytes: expect.any(Number) });
    expect(runtime.memory().fileBytes).toBeGreaterThan(4 * D_VOCAB * runtime.spec.d_model);
  });
});

describe('createCacheBudget', () => {
  test('takes from the memory of all models, and gives back once', () => {
    const budget = createMemoryBudget(LIMIT);
    const [mine, other] = [budget.account(), budget.account()];
    const caches = createCacheBudget(LIMIT, mine);
    const release = caches.reserve(1000);
    expect(mine.held()).toEqual({ caches: 1000 });
    const taken = other.hold({ purpose: 'sessions', bytes: LIMIT - 2000 });
    expect(() => caches.reserve(1001)).toThrow(expect.objectContaining(refusal(1001, String(LIMIT - 1000))));
    taken.free();
    release();
    release();
    expect(mine.held()).toEqual({});
    caches.reserve(LIMIT)();
    expect(mine.held()).toEqual({});
  });
});
