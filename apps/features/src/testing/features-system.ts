import { FeatureServiceDefinition, type IndexingRun, IndexingServiceDefinition } from '@facet/contracts';
import { type EventBus, openEventBus } from '@facet/events';
import { startClickhouseProcess } from '@facet/feature-index/testing';
import { connect, createServiceClient, type ServiceClient } from '@facet/mesh';
import { type FeaturesConfig, readFeaturesConfig } from '../config.ts';
import { startFeatures } from '../service.ts';
import { type CorpusTruth, corpusTruth } from './corpus-truth.ts';
import { type Fixture, writeFixture } from './fixture.ts';
import { startInferenceProcess } from './inference-process.ts';

/** The features service with everything real around it: inference and ClickHouse in processes of their own. */
export interface FeaturesSystem {
  fixture: Fixture;
  truth: CorpusTruth;
  bus: EventBus;
  indexing: ServiceClient<typeof IndexingServiceDefinition>;
  client: ServiceClient<typeof FeatureServiceDefinition>;
  /** Configuration of a further features service in the same surroundings. */
  configOf(overrides?: Record<string, string>): Readonly<FeaturesConfig>;
  /** Creates a run, by default of the fixture's SAE and set, and watches it to its end. */
  runToEnd(
    id: string,
    spec?: { sae?: string; activationSet?: string; maxTokens?: bigint },
  ): Promise<{ run: IndexingRun; states: string[] }>;
  /** ClickHouse over HTTP. */
  clickhouseUrl: string;
  stop(): Promise<void>;
}

/** Starts the system with an activation set `corpus` and an SAE `random` in its object store. */
export async function startFeaturesSystem(): Promise<FeaturesSystem> {
  const [clickhouse, inference] = await Promise.all([startClickhouseProcess(), startInferenceProcess()]);
  const fixture = await writeFixture(inference.address);
  const bus = await openEventBus({ url: 'memory:' });
  const configOf = (overrides: Record<string, string> = {}) =>
    readFeaturesConfig({
      FACET_FEATURES_LISTEN: '127.0.0.1:0',
      FACET_OBJECTS_URL: fixture.objectsUrl,
      FACET_CLICKHOUSE_URL: clickhouse.url,
      FACET_INFERENCE_ADDRESS: inference.address,
      FACET_LOG_LEVEL: 'silent',
      ...overrides,
    });
  const features = await startFeatures(configOf(), { events: bus });
  const connection = connect(features.address);
  const indexing = createServiceClient(IndexingServiceDefinition, connection);
  return {
    fixture,
    truth: corpusTruth(fixture),
    bus,
    indexing,
    client: createServiceClient(FeatureServiceDefinition, connection),
    configOf,
    clickhouseUrl: clickhouse.url,
    runToEnd: (id, spec) => runToEnd(indexing, id, spec),
    async stop() {
      connection.close();
      await features.stop(1000);
      await bus.close();
      await inference.stop();
      await clickhouse.stop();
      await fixture.remove();
    },
  };
}

async function runToEnd(indexing: FeaturesSystem['indexing'], id: string, spec: object = {}) {
  const artifacts = { sae: 'saes/random', activationSet: 'activationSets/corpus' };
  await indexing.createIndexingRun({ indexingRunId: id, spec: { ...artifacts, ...spec } });
  const states: string[] = [];
  let last: IndexingRun | undefined;
  for await (const { indexingRun } of indexing.watchIndexingRun({ name: `indexingRuns/${id}` })) {
    states.push(indexingRun!.state);
    last = indexingRun;
  }
  return { run: last!, states };
}
