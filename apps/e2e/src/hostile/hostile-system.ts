import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type RunningProcess, startProcess } from '../system/child-process.ts';
import { createClients, last } from '../system/clients.ts';
import { startClickhouse } from '../system/peers.ts';
import { MODEL_DIRECTORY } from '../system/repository.ts';
import { addressServed, type Service, serviceCommand } from '../system/system.ts';
import { captureSet, trainSae } from '../system/tiny-way.ts';
import type { HostileSystem } from './targets.ts';

const SERVICES = ['inference', 'capture', 'training', 'features', 'steering'] as const;
/** A busy machine takes its time to load five services. */
const START_MS = 180_000;
const TINY_TOKENS = 2048;
const TINY_D_SAE = 64;

/** Starts every service as a process with its embedded defaults on free ports of loopback, and makes what honest callers need. */
export async function startHostileSystem(): Promise<HostileSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'facet-hostile-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const end of stops.toReversed()) await end();
  };
  try {
    const clickhouse = await startClickhouse(join(folder, 'clickhouse'));
    stops.push(clickhouse.stop);
    const env: Record<string, string> = {
      FACET_OBJECTS_URL: pathToFileURL(join(folder, 'objects')).href,
      FACET_CLICKHOUSE_URL: clickhouse.url,
      FACET_MODELS: MODEL_DIRECTORY,
      FACET_CORPUS_ROOT: '/',
      FACET_LOG_LEVEL: 'info',
    };
    const processes = {} as Record<Service, RunningProcess<string>>;
    const addresses = {} as Record<Service, string>;
    for (const service of SERVICES) {
      const started = await startProcess({
        ...serviceCommand(service, env),
        readyWhen: addressServed,
        timeoutMs: START_MS,
      });
      stops.push(() => started.end());
      processes[service] = started;
      addresses[service] = started.ready;
      env[`FACET_${service.toUpperCase()}_ADDRESS`] = started.ready;
    }
    await makeTiny(addresses);
    return { addresses, processes, folder, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeTiny(addresses: HostileSystem['addresses']): Promise<void> {
  const clients = createClients(addresses);
  try {
    await captureSet(clients, 'tiny', TINY_TOKENS);
    const { error } = await trainSae(clients, 'tiny', TINY_D_SAE);
    if (error !== undefined) throw new Error(`trainingRuns/tiny: ${error.message}`);
    const spec = { sae: 'saes/tiny', activationSet: 'activationSets/tiny' };
    await clients.indexingRuns.createIndexingRun({ indexingRunId: 'tiny', spec });
    await last(clients.indexingRuns.watchIndexingRun({ name: 'indexingRuns/tiny' }));
    const edit = { feature: 'saes/tiny/features/1', mode: { $case: 'clamp' as const, value: 1 } };
    await clients.steering.createSteeringProfile({
      steeringProfileId: 'tiny',
      steeringProfile: { edits: [edit] },
    });
  } finally {
    clients.close();
  }
}
