import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  FeatureEdit,
  type GenerateSteeredTextResponse,
  IndexingServiceDefinition,
  SteeringServiceDefinition,
} from '@facet/contracts';
import { connect, createLogger, createServiceClient, type ServiceClient } from '@facet/mesh';
import { type ObjectStore, openObjectStore } from '@facet/objects';
import { readSteeringConfig, type SteeringConfig } from '../config.ts';
import { startSteering } from '../service.ts';
import { type Fixture, writeFixture } from './fixture.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';

const MODEL_DIRECTORY = fileURLToPath(
  new URL('../../../../../shared/data/models/stories260K', import.meta.url),
);

/** Whether the model is there; tests that need it are skipped, loudly, where it is not. */
export function hasModel(): boolean {
  const found = existsSync(MODEL_DIRECTORY);
  if (!found) console.warn('SKIPPED: the model stories260K is not there');
  return found;
}

/** The chat template that the model is given. */
export const CHAT_TEMPLATE =
  '{{ bos_token }}{% for m in messages %}<{{ m.role }}> {{ m.content }} {% endfor %}';

/** Steering over a real socket, and every service it asks as a real process. */
export interface SteeringSystem {
  client: ServiceClient<typeof SteeringServiceDefinition>;
  config: SteeringConfig;
  store: ObjectStore;
  fixture: Fixture;
  /** Builds the index of `saes/plain`, by a run of this id; before it no SAE is indexed. */
  indexPlain(run?: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts ClickHouse, inference, training, features and, in this process, steering. */
export async function startSteeringSystem(): Promise<SteeringSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'facet-steering-'));
  const processes: ServiceProcess[] = [];
  const start = async (app: string, env: Record<string, string>) => {
    const started = await startServiceProcess(app, env);
    processes.push(started);
    return started.address;
  };
  const stopProcesses = async () => {
    for (const process of processes.toReversed()) await process.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const objectsUrl = pathToFileURL(join(folder, 'objects')).href;
    const store = openObjectStore(objectsUrl);
    const addresses = await startPeers(start, { folder, objectsUrl });
    const fixture = await writeFixture(store, addresses.FACET_INFERENCE_ADDRESS);
    const config = readSteeringConfig({
      FACET_STEERING_LISTEN: '127.0.0.1:0',
      FACET_OBJECTS_URL: objectsUrl,
      ...addresses,
    });
    const steering = await serveSteering(config);
    return {
      client: steering.client,
      config,
      store,
      fixture,
      indexPlain: (run = 'plain') => indexPlain(addresses.FACET_FEATURES_ADDRESS, run),
      async stop() {
        await steering.stop();
        await stopProcesses();
      },
    };
  } catch (error) {
    await stopProcesses();
    throw error;
  }
}

/** Serves steering in this process and connects to it. */
export async function serveSteering(config: SteeringConfig) {
  const logger = createLogger({ service: 'steering', level: 'silent' });
  const service = await startSteering(config, { logger });
  const connection = connect(service.address);
  return {
    client: createServiceClient(SteeringServiceDefinition, connection),
    async stop() {
      connection.close();
      await service.stop(0);
    },
  };
}

async function startPeers(
  start: (app: string, env: Record<string, string>) => Promise<string>,
  { folder, objectsUrl }: { folder: string; objectsUrl: string },
) {
  const model = join(folder, 'stories260K');
  await cp(MODEL_DIRECTORY, model, { recursive: true, dereference: true });
  await writeFile(join(model, 'chat_template.jinja'), CHAT_TEMPLATE);
  await writeFile(join(model, 'special_tokens_map.json'), JSON.stringify({ bos_token: '<s>' }));
  const FACET_INFERENCE_ADDRESS = await start('inference', {
    FACET_INFERENCE_LISTEN: '127.0.0.1:0',
    FACET_MODELS: model,
  });
  const FACET_CLICKHOUSE_PASSWORD = randomUUID();
  const FACET_CLICKHOUSE_URL = await start('clickhouse', {
    FACET_CLICKHOUSE_LISTEN: '127.0.0.1:0',
    FACET_CLICKHOUSE_PASSWORD,
    FACET_CLICKHOUSE_DATA_DIR: join(folder, 'clickhouse'),
  });
  const common = { FACET_OBJECTS_URL: objectsUrl, FACET_INFERENCE_ADDRESS };
  const FACET_TRAINING_ADDRESS = await start('training', {
    ...common,
    FACET_TRAINING_LISTEN: '127.0.0.1:0',
    FACET_TRAINING_THREADS: '1',
  });
  const FACET_FEATURES_ADDRESS = await start('features', {
    ...common,
    FACET_FEATURES_LISTEN: '127.0.0.1:0',
    FACET_CLICKHOUSE_URL,
    FACET_CLICKHOUSE_PASSWORD,
  });
  return { FACET_INFERENCE_ADDRESS, FACET_TRAINING_ADDRESS, FACET_FEATURES_ADDRESS };
}

async function indexPlain(featuresAddress: string, run: string): Promise<void> {
  const connection = connect(featuresAddress);
  const client = createServiceClient(IndexingServiceDefinition, connection);
  const spec = { sae: 'saes/plain', activationSet: 'activationSets/corpus' };
  await client.createIndexingRun({ indexingRunId: run, spec });
  let state = '';
  for await (const { indexingRun } of client.watchIndexingRun({ name: `indexingRuns/${run}` }))
    state = `${indexingRun!.state} ${indexingRun!.error?.message ?? ''}`;
  connection.close();
  expect(state).toBe('INDEXING_RUN_STATE_SUCCEEDED ');
}

/** An edit of `saes/{sae}/features/{index}`. */
export function editOf(
  feature: string,
  mode: FeatureEdit['mode'],
  more: Parameters<typeof FeatureEdit.fromPartial>[0] = {},
): FeatureEdit {
  const [sae, index] = feature.split('/');
  return FeatureEdit.fromPartial({ feature: `saes/${sae}/features/${index}`, mode, ...more });
}

type Event<C extends string> = Extract<GenerateSteeredTextResponse['event'], { $case: C }>['value'];

/** Everything that one GenerateSteeredText said, by what it is. */
export async function collectSteering(stream: AsyncIterable<GenerateSteeredTextResponse>) {
  const tokens: Event<'token'>[] = [];
  const proofs: Event<'proof'>[] = [];
  const finished: Event<'finished'>[] = [];
  const order: string[] = [];
  let started: Event<'started'> | undefined;
  let summary: Event<'summary'> | undefined;
  for await (const { event } of stream) {
    order.push(event!.$case);
    if (event?.$case === 'started') started = event.value;
    else if (event?.$case === 'token') tokens.push(event.value);
    else if (event?.$case === 'proof') proofs.push(event.value);
    else if (event?.$case === 'finished') finished.push(event.value);
    else if (event?.$case === 'summary') summary = event.value;
  }
  return { started: started!, tokens, proofs, finished, summary: summary!, order };
}
