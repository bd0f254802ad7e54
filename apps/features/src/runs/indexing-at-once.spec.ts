import { IndexingRunState, IndexingServiceDefinition } from '@facet/contracts';
import { indexDump } from '@facet/feature-index/testing';
import { connect, createServiceClient, type ServiceClient } from '@facet/mesh';
import { type RunningFeatures, startFeatures } from '../service.ts';
import { type FeaturesSystem, startFeaturesSystem } from '../testing/features-system.ts';
import { hasModel } from '../testing/inference-process.ts';
import { jobOf, QUEUE } from './jobs.ts';
import { createRunStore } from './run-store.ts';

const describeWithModel = hasModel() ? describe : describe.skip;
const ROUNDS = 10;
const SPEC = { sae: 'saes/random', activationSet: 'activationSets/corpus' };

describeWithModel('two indexings of one SAE at once', () => {
  let system: FeaturesSystem;
  let replica: RunningFeatures;
  let clients: ServiceClient<typeof IndexingServiceDefinition>[];
  let closeConnection: () => void;
  let undisturbed: object;

  beforeAll(async () => {
    system = await startFeaturesSystem();
    replica = await startFeatures(system.configOf(), { events: system.bus });
    const connection = connect(replica.address);
    closeConnection = () => connection.close();
    clients = [system.indexing, createServiceClient(IndexingServiceDefinition, connection)];
    await system.runToEnd('undisturbed');
    undisturbed = await dump();
  }, 300_000);

  afterAll(async () => {
    closeConnection?.();
    await replica?.stop(1000);
    await system?.stop();
  }, 60_000);

  const dump = () => indexDump(system.configOf().clickhouseUrl, 'random');
  const end = async (name: string) => {
    let last: { state: string; error?: { reason: string } | undefined } | undefined;
    for await (const { indexingRun } of system.indexing.watchIndexingRun({ name })) last = indexingRun;
    return last!;
  };

  test('one is taken and the other is told so; the index is whole', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await Promise.allSettled(
        clients.map((client, i) =>
          client.createIndexingRun({ indexingRunId: `round-${round}-${i}`, spec: SPEC }),
        ),
      );
      const taken = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      const told = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
      expect(taken).toHaveLength(1);
      const { name } = taken[0]!.indexingRun!;
      expect(told[0]).toMatchObject({
        kind: 'aborted',
        reason: 'INDEXING_UNDER_WAY',
        message: expect.stringContaining(name),
      });
      expect((await end(name)).state).toBe(IndexingRunState.SUCCEEDED);
      expect(await dump()).toEqual(undisturbed);
    }
    const { indexingRuns } = await system.indexing.listIndexingRuns({ pageSize: 100 });
    expect(indexingRuns.filter(({ name }) => name.includes('/round-'))).toHaveLength(ROUNDS);
  }, 300_000);

  test('of two that are queued all the same, one fails and says why', async () => {
    const runs = createRunStore(system.fixture.store);
    const sample = await runs.read('undisturbed');
    const records = ['both-0', 'both-1'].map((id) => ({ ...sample, id, uid: id, requestId: '' }));
    for (const record of records) await runs.create(record);
    await Promise.all(records.map((record) => system.bus.enqueue(QUEUE, jobOf(record))));
    const ends = await Promise.all(records.map(({ id }) => end(`indexingRuns/${id}`)));
    const states = ends.map(({ state }) => state);
    expect(states).toContain(IndexingRunState.SUCCEEDED);
    for (const { state, error } of ends)
      if (state !== IndexingRunState.SUCCEEDED)
        expect({ state, reason: error?.reason }).toEqual({
          state: IndexingRunState.FAILED,
          reason: 'INDEXING_UNDER_WAY',
        });
    expect(await dump()).toEqual(undisturbed);
  }, 120_000);

  test('one run whose job runs twice makes one index', async () => {
    const runs = createRunStore(system.fixture.store);
    const record = { ...(await runs.read('undisturbed')), id: 'twice', uid: 'twice', requestId: '' };
    await runs.create(record);
    const job = jobOf(record);
    await Promise.all([job.id, `${job.id}-again`].map((id) => system.bus.enqueue(QUEUE, { ...job, id })));
    expect((await end('indexingRuns/twice')).state).toBe(IndexingRunState.SUCCEEDED);
    expect(await dump()).toEqual(undisturbed);
  }, 120_000);
});
