import { EditScope } from '@facet/contracts';
import { D_SAE, MODEL } from '../testing/fixture.ts';
import {
  collectSteering,
  editOf,
  hasModel,
  type SteeringSystem,
  serveSteering,
  startSteeringSystem,
} from '../testing/steering-system.ts';

const describeWithModel = hasModel() ? describe : describe.skip;
const PROMPT = 'Once upon a time';
const greedy = { temperature: 0, maxTokens: 12 };

describeWithModel('what an edit is resolved to', () => {
  let system: SteeringSystem;

  beforeAll(async () => {
    system = await startSteeringSystem();
  }, 90_000);

  afterAll(async () => {
    await system?.stop();
  }, 30_000);

  type Request = Parameters<SteeringSystem['client']['generateSteeredText']>[0];
  const steer = (request: Request) =>
    collectSteering(system.client.generateSteeredText({ prompt: PROMPT, sampling: greedy, ...request }));

  test('refuses clamp_to_max of an SAE that is not indexed, with the remedy', async () => {
    const edits = [editOf('plain/3', { $case: 'clampToMax', value: 5 })];
    await expect(steer({ edits })).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'FEATURE_NOT_INDEXED',
      field: 'edits[0].clamp_to_max',
      message: expect.stringContaining('facet index'),
    });
  });

  test('clamps without an index, within the absolute limit', async () => {
    const { started } = await steer({ edits: [editOf('plain/3', { $case: 'clamp', value: 100 })] });
    expect(started.edits[0]).toMatchObject({ scale: 0, offset: 100, maxActivation: 0 });
    const edits = [editOf('plain/3', { $case: 'clamp', value: 100_001 })];
    await expect(steer({ edits })).rejects.toMatchObject({
      kind: 'invalid',
      reason: 'STRENGTH_OUT_OF_RANGE',
      field: 'edits[0].clamp',
    });
  });

  test('refuses features, SAEs and spans that do not exist', async () => {
    const add = { $case: 'add' as const, value: 1 };
    await expect(steer({ edits: [editOf('plain/70000', add)] })).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining(`saes/plain has no feature 70000; d_sae is ${D_SAE}`),
    });
    await expect(steer({ edits: [editOf('nothing/1', add)] })).rejects.toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('saes/nothing'),
    });
    const scope = { scope: EditScope.SPAN, span: { start: 0, end: 513 } };
    await expect(steer({ edits: [editOf('plain/1', add, scope)] })).rejects.toMatchObject({
      kind: 'invalid',
      field: 'edits[0].span',
    });
  });

  test('refuses an SAE that was made for another model, and names both', async () => {
    const add = { $case: 'add' as const, value: 1 };
    await expect(steer({ model: MODEL, edits: [editOf('foreign/1', add)] })).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'LINEAGE_MISMATCH',
      message: expect.stringMatching(
        /saes\/foreign was made for models\/other with weights ffffffffffff, but/,
      ),
    });
    await expect(steer({ model: MODEL, edits: [editOf('imported/1', add)] })).rejects.toMatchObject({
      reason: 'LINEAGE_MISMATCH',
      message: 'saes/imported was made for models/other, not for models/stories260k',
    });
    await expect(steer({ edits: [editOf('foreign/1', add)] })).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('clamps within the absolute limit where features does not answer', async () => {
    const alone = await serveSteering({ ...system.config, featuresAddress: '127.0.0.1:1' });
    try {
      const edits = [editOf('plain/3', { $case: 'clamp', value: 8 })];
      const request = { prompt: PROMPT, sampling: greedy, edits, steeredOnly: true };
      const { started } = await collectSteering(alone.client.generateSteeredText(request));
      expect(started.edits[0]).toMatchObject({ offset: 8, maxActivation: 0 });
    } finally {
      await alone.stop();
    }
  });

  test('clamps to a multiple of the indexed maximum, which also bounds other strengths', async () => {
    await system.indexPlain();
    const maximum = system.fixture.maxima[3]!;
    expect(maximum).toBeGreaterThan(0);
    const { started, proofs } = await steer({
      edits: [editOf('plain/3', { $case: 'clampToMax', value: 5 })],
      requireEffect: true,
    });
    expect(started.edits[0]!.maxActivation).toBeCloseTo(maximum, 4);
    expect(started.edits[0]!.offset).toBeCloseTo(5 * maximum, 3);
    const fired = proofs.filter(({ edited, features }) => edited && features[0]!.fBefore > 0);
    for (const { features } of fired) expect(features[0]!.fAfter).toBeCloseTo(5 * maximum, 3);
    await expect(
      steer({ edits: [editOf('plain/3', { $case: 'clamp', value: -1001 * maximum })] }),
    ).rejects.toMatchObject({
      reason: 'STRENGTH_OUT_OF_RANGE',
      message: expect.stringContaining('1000 times the indexed maximum'),
    });
    await expect(
      steer({ edits: [editOf('topk/3', { $case: 'clampToMax', value: 5 })] }),
    ).rejects.toMatchObject({ reason: 'FEATURE_NOT_INDEXED' });
  }, 60_000);

  test('an SAE that was deleted is not served any more', async () => {
    const edits = [editOf('topk/1', { $case: 'add', value: 1 })];
    await steer({ edits });
    await system.store.deletePrefix('saes/topk');
    await expect(steer({ edits })).rejects.toMatchObject({ kind: 'not-found' });
  });
});
