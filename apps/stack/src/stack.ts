import { readCaptureConfig, startCapture } from '@facet/capture';
import { addressVariableOf, type Invocation, type ServiceAddresses } from '@facet/console';
import { type EventBus, openEventBus } from '@facet/events';
import { readFeaturesConfig, startFeatures } from '@facet/features';
import { readInferenceConfig, startInference } from '@facet/inference';
import { redactPassword } from '@facet/mesh';
import { readSteeringConfig, startSteering } from '@facet/steering';
import { readTrainingConfig, startTraining } from '@facet/training';
import { type ClickhouseStart, startClickhouse } from './clickhouse.ts';
import { type StackOptions, stackEnvironment } from './environment.ts';
import { createTeardown, type Teardown } from './teardown.ts';

/** All services of Facet in this process, ClickHouse in one beside it. */
export interface Stack {
  readonly addresses: ServiceAddresses;
  readonly clickhouseUrl: string;
  /** File with the credentials of the embedded ClickHouse; undefined where it is a server. */
  readonly clickhouseConnectionFile: string | undefined;
  readonly objectsUrl: string;
  readonly eventsUrl: string;
  /** Drains and stops everything, the last started first. */
  stop(): Promise<void>;
}

/** Time that open calls get when the services stop, milliseconds. */
const GRACE_MS = 5000;

/** Starts ClickHouse, the event bus and the five services; what did start is stopped again when one of them cannot. */
export async function startStack(
  options: StackOptions,
  { signal, progress, env }: Pick<Invocation, 'signal' | 'progress' | 'env'>,
): Promise<Stack> {
  const stage = progress.stage('start');
  const teardown = createTeardown();
  try {
    const stack = await startAll(stackEnvironment(options, env), { options, teardown, signal, progress });
    stage.done('five services and ClickHouse');
    return stack;
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted' : 'failed');
    await teardown.run().catch(() => undefined);
    throw error;
  }
}

async function startAll(env: Record<string, string>, start: ClickhouseStart): Promise<Stack> {
  const { teardown, signal } = start;
  const eventsUrl = env.FACET_EVENTS_URL ?? env.NATS_URL ?? 'memory:';
  const events = await openEventBus({ url: eventsUrl, signal });
  teardown.add(() => events.close());
  const [clickhouse, inference] = await bothOrNeither(
    startClickhouse(env, start),
    keep(teardown, startInference(readInferenceConfig(env), { signal })),
  );
  signal.throwIfAborted();
  const addresses = await startOthers({ ...env, ...clickhouse.env }, inference, {
    ...start,
    events,
  });
  return {
    addresses,
    clickhouseUrl: redactPassword(clickhouse.url),
    clickhouseConnectionFile: clickhouse.connectionFile,
    objectsUrl: env.FACET_OBJECTS_URL!,
    eventsUrl,
    stop: () => teardown.run(),
  };
}

/** Starts the services that need inference, each knowing the addresses of those before it. */
async function startOthers(
  env: Record<string, string>,
  inference: string,
  { options, teardown, events, signal }: ClickhouseStart & { events: EventBus },
): Promise<ServiceAddresses> {
  env[addressVariableOf('inference')] = inference;
  const captureConfig = readCaptureConfig(env);
  const corpusRoots = [...captureConfig.corpusRoots, ...options.corpora];
  const capture = await keep(teardown, startCapture({ ...captureConfig, corpusRoots }, { events }));
  env[addressVariableOf('capture')] = capture;
  const training = await keep(teardown, startTraining(readTrainingConfig(env), { events }));
  env[addressVariableOf('training')] = training;
  signal.throwIfAborted();
  const features = await keep(teardown, startFeatures(readFeaturesConfig(env), { events, signal }));
  env[addressVariableOf('features')] = features;
  const steering = await keep(teardown, startSteering(readSteeringConfig(env)));
  return { inference, capture, training, features, steering };
}

/** Waits for a service, notes how to stop it, and gives its address. */
async function keep(
  teardown: Teardown,
  starting: Promise<{ address: string; stop(graceMs?: number): Promise<void> }>,
): Promise<string> {
  const service = await starting;
  teardown.add(() => service.stop(GRACE_MS));
  return service.address;
}

/** Waits for both, also when one fails, so that nothing starts behind the back of the teardown. */
async function bothOrNeither<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}
