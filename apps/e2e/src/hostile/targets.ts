import { readFileSync } from 'node:fs';
import { describeServices } from '@facet/contracts';
import type { Target } from '@facet/mesh/hostile';
import type { RunningProcess } from '../system/child-process.ts';
import { type Clients, createClients } from '../system/clients.ts';
import { REPOSITORY, SHARED } from '../system/repository.ts';
import type { Service } from '../system/system.ts';
import { MODEL } from '../system/tiny-way.ts';
import { worldOf } from './worlds.ts';

/** The processes of all services, with a model, a set, an SAE, its index and a profile, each called `tiny`. */
export interface HostileSystem {
  readonly addresses: Readonly<Record<Service, string>>;
  readonly processes: Readonly<Record<Service, RunningProcess<string>>>;
  /** Where everything is stored. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Which process serves a package. */
const SERVED_BY: Readonly<Record<string, Service>> = {
  'facet.activation.v1': 'capture',
  'facet.feature.v1': 'features',
  'facet.inference.v1': 'inference',
  'facet.sae.v1': 'training',
  'facet.steering.v1': 'steering',
  'facet.training.v1': 'training',
};

/** Honest work for each service. */
const HONEST: Readonly<Record<Service, (clients: Clients) => Promise<void>>> = {
  inference: async ({ inference }) => {
    await inference.tokenizeText({ model: MODEL, texts: ['Once upon a time'] });
    const prompt = { $case: 'text' as const, value: 'Once' };
    for await (const _ of inference.generateText({ model: MODEL, prompt, sampling: { maxTokens: 4 } }));
  },
  capture: async ({ activationSets }) => {
    await activationSets.getActivationSet({ name: 'activationSets/tiny' });
    for await (const _ of activationSets.readActivations({ name: 'activationSets/tiny', maxRows: 8n }));
  },
  training: async ({ trainingRuns, saes }) => {
    await trainingRuns.getTrainingRun({ name: 'trainingRuns/tiny' });
    await saes.batchGetDirections({ name: 'saes/tiny', features: [1] });
  },
  features: async ({ features, indexingRuns }) => {
    await indexingRuns.getIndexingRun({ name: 'indexingRuns/tiny' });
    await features.getFeature({ name: 'saes/tiny/features/1' });
  },
  steering: async ({ steering }) => {
    const edits = [{ feature: 'saes/tiny/features/1', mode: { $case: 'clamp' as const, value: 1 } }];
    for await (const _ of steering.generateSteeredText({
      prompt: 'Once',
      edits,
      sampling: { maxTokens: 4 },
    }));
  },
};

/** The services of a system as targets; every service of the contracts is served by one of them. */
export function targetsOf(system: HostileSystem): Target[] {
  const names = describeServices().map(({ typeName }) => typeName);
  const serviceOf = (typeName: string) => {
    const found = SERVED_BY[typeName.slice(0, typeName.lastIndexOf('.'))];
    if (found === undefined) throw new Error(`nobody serves ${typeName}; name its process in SERVED_BY`);
    return found;
  };
  return (Object.keys(system.processes) as Service[]).map((service) => {
    const { pid } = system.processes[service];
    const withClients = (work: (clients: Clients) => Promise<void>) => async () => {
      const clients = createClients(system.addresses);
      await work(clients).finally(clients.close);
    };
    return {
      name: service,
      address: system.addresses[service],
      services: names.filter((name) => serviceOf(name) === service),
      world: worldOf,
      honest: withClients(HONEST[service]),
      tidy: withClients(cancelAll),
      isAlive: () => isAlive(pid),
      rssBytes: () => rssOf(pid),
      logged: (requestId) =>
        Object.values(system.processes).flatMap(({ lines }) =>
          lines.filter((line) => line.includes(requestId)),
        ),
      secrets: [system.folder, REPOSITORY, SHARED, process.execPath],
    };
  });
}

const PAGE = { pageSize: 1000 };
const IS_OVER = /SUCCEEDED|FAILED|CANCELLED|ACTIVE$/;

/** Ends long work that attacks have begun: it would be honest work, but for days. */
async function cancelAll({ activationSets, trainingRuns, indexingRuns }: Clients): Promise<void> {
  const sets = await activationSets.listActivationSets(PAGE);
  for (const { name, state } of sets.activationSets)
    if (!IS_OVER.test(state)) await activationSets.cancelActivationSet({ name });
  const runs = await trainingRuns.listTrainingRuns(PAGE);
  for (const { name, state } of runs.trainingRuns)
    if (!IS_OVER.test(state)) await trainingRuns.cancelTrainingRun({ name });
  const indexings = await indexingRuns.listIndexingRuns(PAGE);
  for (const { name, state } of indexings.indexingRuns)
    if (!IS_OVER.test(state)) await indexingRuns.cancelIndexingRun({ name });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function rssOf(pid: number): number {
  const kib = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}
