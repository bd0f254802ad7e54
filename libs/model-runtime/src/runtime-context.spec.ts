import { type GraphRequest, loadModelDirectory } from '@facet/transformer';
import { createMemoryBudget } from './memory/memory-budget.ts';
import { type RuntimeContext, trunkProgram } from './runtime-context.ts';
import { createLanePool } from './sessions/lane-pool.ts';
import { writeTinyModel } from './testing/tiny-model.ts';

const DECODING: GraphRequest = {
  attention: 'cache',
  causalBlocks: 1,
  hookPoints: [],
  activationDtype: 'F32',
  interventions: [],
  replacements: [],
  head: 'logits',
};
const EDITED: GraphRequest = { ...DECODING, interventions: ['blocks.0.hook_resid_post'] };
const CONTEXTS: GraphRequest = { ...DECODING, attention: 'context', head: 'residual' };

describe('trunkProgram', () => {
  let model: Awaited<ReturnType<typeof writeTinyModel>>;
  let context: RuntimeContext;
  beforeAll(async () => {
    model = await writeTinyModel();
    const memory = createMemoryBudget(2 ** 40).account();
    const pool = {
      folder: model.directory,
      threads: 1,
      mappedBytes: 1,
      maxSessions: 1,
      maxRunMs: 1000,
      memory,
    };
    context = {
      model: { ...(await loadModelDirectory(model.directory)), release: async () => undefined },
      packedBytes: 1000,
      packsEdited: false,
      lanes: createLanePool(pool),
      memory: createMemoryBudget(2 ** 20).account(),
      trunks: new Map(),
    };
  });
  afterAll(() => model.remove());

  test.each([
    ['one text', DECODING, 1, false],
    ['a batch', DECODING, 2, true],
    ['a batch with an intervention', EDITED, 2, false],
    ['a batch that is read', { ...DECODING, hookPoints: ['blocks.0.hook_resid_post'] }, 2, false],
    ['whole contexts', CONTEXTS, 8, false],
  ])('a larger model: %s packs its weights only where that is faster', (_name, request, batch, isPacked) => {
    expect(trunkProgram(context, request, batch).isPacked).toBe(isPacked);
  });

  test('a tiny model packs for whatever it decodes', () => {
    const tiny = { ...context, packsEdited: true, trunks: new Map() };
    expect(trunkProgram(tiny, EDITED, 1).isPacked).toBe(true);
    expect(trunkProgram(tiny, CONTEXTS, 8).isPacked).toBe(false);
  });

  test('what is asked alike is one program, and packed or not are two', () => {
    expect(trunkProgram(context, { ...DECODING }, 3)).toBe(trunkProgram(context, DECODING, 2));
    expect(trunkProgram(context, DECODING, 1).key).not.toBe(trunkProgram(context, DECODING, 2).key);
  });
});
