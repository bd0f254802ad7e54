import { writeSaeArtifact } from '@facet/artifacts';
import { IndexingRunEnded, IndexingRunState, IndexingServiceDefinition } from '@facet/contracts';
import { connect, createServiceClient } from '@facet/mesh';
import { ENDED_SUBJECT } from '../runs/end-run.ts';
import { startFeatures } from '../service.ts';
import { type FeaturesSystem, startFeaturesSystem } from '../testing/features-system.ts';
import { CORPUS, D_SAE } from '../testing/fixture.ts';
import { hasModel } from '../testing/inference-process.ts';

const describeWithModel = hasModel() ? describe : describe.skip;

let system: FeaturesSystem;

describeWithModel('indexing runs', () => {
  beforeAll(async () => {
    system = await startFeaturesSystem();
  }, 90_000);

  afterAll(() => system?.stop(), 30_000);

  test('answers that an SAE without an index is not indexed', async () => {
    await expect(system.client.getFeature({ name: 'saes/random/features/0' })).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'SAE_NOT_INDEXED',
    });
  });

  test('indexes an activation set, tells its progress and its end', async () => {
    const ended = system.bus.subscribe(ENDED_SUBJECT)[Symbol.asyncIterator]();
    const { run, states } = await system.runToEnd('first');
    const events = Array.from({ length: D_SAE }, (_, feature) => system.truth.firings(feature).length);
    expect(states.at(-1)).toBe(IndexingRunState.SUCCEEDED);
    expect(run.summary).toMatchObject({
      tokens: BigInt(system.truth.tokens),
      excludedRows: BigInt(CORPUS.length),
      events: BigInt(events.reduce((sum, count) => sum + count, 0)),
      liveFeatures: events.filter((count) => count > 0).length,
    });
    expect(run.lineage).toMatchObject({
      saeId: 'random',
      activationSetId: 'corpus',
      hookPoint: 'blocks.2.hook_resid_post',
    });
    const { value } = await ended.next();
    expect(IndexingRunEnded.decode(value!.payload)).toMatchObject({
      indexingRun: 'indexingRuns/first',
      state: 'SUCCEEDED',
      sae: 'saes/random',
    });
    value!.ack();
  });

  test('indexes at most the tokens that were asked for', async () => {
    const { run } = await system.runToEnd('short', { maxTokens: 20n });
    expect(run.summary!.tokens + run.summary!.excludedRows).toBe(20n);
  });

  test('the same request gives the same run, another one with its id is refused', async () => {
    const spec = { sae: 'saes/random', activationSet: 'activationSets/corpus' };
    const one = await system.indexing.createIndexingRun({ spec, requestId: 'req-1' });
    const again = await system.indexing.createIndexingRun({ spec, requestId: 'req-1' });
    expect(again.indexingRun!.name).toBe(one.indexingRun!.name);
    for await (const _ of system.indexing.watchIndexingRun({ name: one.indexingRun!.name }));
    await expect(system.indexing.createIndexingRun({ indexingRunId: 'first', spec })).rejects.toMatchObject({
      kind: 'exists',
    });
    for (const change of [
      { maxTokens: 20n },
      { sae: 'saes/other' },
      { activationSet: 'activationSets/other' },
    ])
      await expect(
        system.indexing.createIndexingRun({ spec: { ...spec, ...change }, requestId: 'req-1' }),
      ).rejects.toMatchObject({ kind: 'exists', reason: 'REQUEST_ID_REUSED', field: 'request_id' });
    const { indexingRuns } = await system.indexing.listIndexingRuns({ pageSize: 2 });
    expect(indexingRuns).toHaveLength(2);
  });

  test('refuses what does not belong together, before anything is queued', async () => {
    const { store, sae, lineage } = system.fixture;
    const other = { ...lineage, hookPoint: 'blocks.1.hook_resid_post' };
    await writeSaeArtifact(store, 'elsewhere', sae, {
      createTime: '2026-01-01T00:00:00Z',
      lineage: other,
      metrics: {},
    });
    const spec = { sae: 'saes/elsewhere', activationSet: 'activationSets/corpus' };
    await expect(system.indexing.createIndexingRun({ spec })).rejects.toMatchObject({
      kind: 'precondition',
      reason: 'LINEAGE_MISMATCH',
      message: expect.stringContaining('hookPoint'),
    });
    await expect(
      system.indexing.createIndexingRun({ spec: { ...spec, sae: 'saes/nothing' } }),
    ).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('a cancelled run ends, and the index before it stays', async () => {
    const before = (await system.client.getFeature({ name: 'saes/random/features/0' })).feature;
    const idle = await startFeatures(system.configOf({ FACET_FEATURES_ROLES: 'api' }));
    const connection = connect(idle.address);
    const lonely = createServiceClient(IndexingServiceDefinition, connection);
    await lonely.createIndexingRun({
      indexingRunId: 'cancelled',
      spec: { sae: 'saes/random', activationSet: 'activationSets/corpus' },
    });
    const { indexingRun } = await lonely.cancelIndexingRun({ name: 'indexingRuns/cancelled' });
    expect(indexingRun!.state).toBe(IndexingRunState.CANCELLED);
    expect((await system.client.getFeature({ name: 'saes/random/features/0' })).feature).toEqual(before);
    connection.close();
    await idle.stop(100);
  });
});
