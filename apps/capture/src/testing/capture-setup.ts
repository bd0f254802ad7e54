import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type ActivationSet,
  ActivationSetServiceDefinition,
  InferenceServiceDefinition,
} from '@facet/contracts';
import { type EventBus, openEventBus } from '@facet/events';
import { connect, createLogger, createServiceClient, type ServiceClient } from '@facet/mesh';
import { type ObjectStore, openObjectStore } from '@facet/objects';
import { type CaptureConfig, readCaptureConfig } from '../config.ts';
import { type RunningCapture, startCapture } from '../service.ts';
import { type ReadyProcess, startApp } from './child-process.ts';
import { writeTinyModel } from './tiny-model.ts';

/** The residual stream of the tiny model that the tests capture. */
export const HOOK = 'blocks.0.hook_resid_post';

/** Real inference in a process of its own, and capture services in this one that share a bus and a store. */
export interface CaptureSetup {
  folder: string;
  objectsUrl: string;
  store: ObjectStore;
  bus: EventBus;
  inferenceAddress: string;
  inference: ServiceClient<typeof InferenceServiceDefinition>;
  start(overrides?: Partial<CaptureConfig>): Promise<CaptureClient>;
  /** Writes a corpus and returns its path. */
  corpus(name: string, content: string | Uint8Array): Promise<string>;
  close(): Promise<void>;
}

export type SetClient = ServiceClient<typeof ActivationSetServiceDefinition>;

/** A spec as a client may write it: what is left out is the default. */
export type SpecInput = NonNullable<Parameters<SetClient['createActivationSet']>[0]['spec']>;

export interface CaptureClient {
  service: RunningCapture;
  client: SetClient;
  stop(): Promise<void>;
}

/** Starts inference on a tiny random model, and on those in the directories `models`. */
export async function setUpCapture(models: readonly string[] = []): Promise<CaptureSetup> {
  const folder = await mkdtemp(join(tmpdir(), 'facet-capture-'));
  const modelFolder = join(folder, 'tiny');
  await mkdir(modelFolder);
  await writeTinyModel(modelFolder);
  const inferenceProcess: ReadyProcess = await startApp('inference', {
    FACET_MODELS: [modelFolder, ...models].join(','),
  });
  const connection = connect(inferenceProcess.ready);
  const objectsUrl = pathToFileURL(join(folder, 'objects')).href;
  const bus = await openEventBus({ url: 'memory:' });
  const running: CaptureClient[] = [];
  const inferenceAddress = inferenceProcess.ready;
  return {
    folder,
    objectsUrl,
    store: openObjectStore(objectsUrl),
    bus,
    inferenceAddress,
    inference: createServiceClient(InferenceServiceDefinition, connection),
    start: async (overrides = {}) => {
      const config = {
        ...readCaptureConfig({ FACET_OBJECTS_URL: objectsUrl }),
        port: 0,
        inferenceAddress,
        corpusRoots: [folder],
        ...overrides,
      };
      const started = await startClient(config, bus);
      running.push(started);
      return started;
    },
    corpus: async (name, content) => {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    },
    close: async () => {
      for (const one of running) await one.stop();
      await bus.close();
      connection.close();
      await inferenceProcess.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts a capture service in this process, and a client of it. */
export async function startClient(config: CaptureConfig, bus: EventBus): Promise<CaptureClient> {
  const logger = createLogger({ service: 'capture', level: 'silent' });
  const service = await startCapture(config, { events: bus, logger });
  const connection = connect(service.address);
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    connection.close();
    await service.stop(0);
  };
  return {
    service,
    client: createServiceClient(ActivationSetServiceDefinition, connection),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** A spec for the tiny model, small enough to see through. */
export function tinySpec(uri: string, more: SpecInput = {}): SpecInput {
  return {
    model: 'models/tiny',
    hookPoint: HOOK,
    contextTokens: 8,
    partitionTokens: 16,
    corpus: { uri, format: { $case: 'plainText', value: { documentSeparator: '|' } } },
    ...more,
  };
}

/** Watches a set to its end. */
export async function finalState(client: SetClient, id: string): Promise<ActivationSet> {
  let last: ActivationSet | undefined;
  for await (const { activationSet } of client.watchActivationSet({ name: `activationSets/${id}` }))
    last = activationSet;
  return last!;
}

/** Creates a set and watches it to its end. */
export async function capture(client: SetClient, id: string, spec: SpecInput): Promise<ActivationSet> {
  await client.createActivationSet({ activationSetId: id, spec });
  return finalState(client, id);
}

/** Names the folders of data that a set keeps; none while it has nothing but records. */
export async function dataFolders(store: ObjectStore, id: string): Promise<string[]> {
  const captures = `activationSets/${id}/captures`;
  const uids = await store.listFolders(captures);
  return (await Promise.all(uids.map((uid) => store.listFolders(`${captures}/${uid}`)))).flat();
}
