import { type ActivationSet, DataType, type TrainingSpec } from '@facet/contracts';
import { type Clients, last } from './clients.ts';
import { CORPUS } from './repository.ts';

/** The name that the services give the model of the tests. */
export const MODEL = 'models/stories260k';
/** Where the tests read and steer. */
export const HOOK = 'blocks.2.hook_resid_post';

/** A request for an activation set of `tokens` tokens of the corpus, in partitions. */
export function setRequest(
  id: string,
  {
    tokens,
    partitionTokens = 4096,
    uri = CORPUS,
  }: { tokens: number; partitionTokens?: number; uri?: string },
) {
  return {
    activationSetId: id,
    spec: {
      model: MODEL,
      hookPoint: HOOK,
      maxTokens: BigInt(tokens),
      contextTokens: 128,
      partitionTokens,
      dtype: DataType.F32,
      corpus: { uri, format: { $case: 'plainText' as const, value: {} } },
    },
  };
}

/** Waits for the end of a set, whatever it is. */
export async function setEnd(clients: Clients, id: string): Promise<ActivationSet> {
  const events = clients.activationSets.watchActivationSet({ name: `activationSets/${id}` });
  return (await last(events)).activationSet!;
}

/** Captures a set and gives it when it is ACTIVE. */
export async function captureSet(clients: Clients, id: string, tokens: number): Promise<ActivationSet> {
  await clients.activationSets.createActivationSet(setRequest(id, { tokens }));
  const set = await setEnd(clients, id);
  if (set.state !== 'ACTIVATION_SET_STATE_ACTIVE') throw new Error(`${set.name}: ${set.error?.message}`);
  return set;
}

/** What a training takes that its set and SAE do not say. */
export interface TrainingSize {
  dSae: number;
  /** Id of the activation set. @default the run's own */
  set?: string;
  /** @default 50,000 */
  tokens?: number;
  /** Id of the SAE. @default the run's own */
  sae?: string;
  /** @default topk with k 8 */
  recipe?: TrainingSpec['recipe'];
  /** @default 7 */
  seed?: bigint;
}

const TOPK: TrainingSpec['recipe'] = { $case: 'topk', value: { k: 8 } };

/** Begins to train a small SAE. */
export async function beginTraining(
  clients: Clients,
  id: string,
  { dSae, set = id, tokens = 50_000, sae = id, recipe = TOPK, seed = 7n }: TrainingSize,
): Promise<void> {
  await clients.trainingRuns.createTrainingRun({
    trainingRunId: id,
    spec: {
      activationSets: [`activationSets/${set}`],
      sae: `saes/${sae}`,
      dSae,
      batchTokens: 1024,
      tokens: BigInt(tokens),
      recipe,
      seed,
    },
  });
}

/** Waits for the end of a run, whatever it is. */
export async function trainingEnd(clients: Clients, id: string) {
  const events = clients.trainingRuns.watchTrainingRun({ name: `trainingRuns/${id}` });
  return (await last(events)).trainingRun!;
}

/** Trains a small SAE by a run of this id; gives the run at its end, whatever it is. */
export async function trainSae(clients: Clients, id: string, size: number | TrainingSize) {
  await beginTraining(clients, id, typeof size === 'number' ? { dSae: size } : size);
  return trainingEnd(clients, id);
}

/** Indexes an SAE by a run of this id; gives the run at its end, whatever it is. */
export async function indexSae(clients: Clients, run: string, spec: { sae: string; set: string }) {
  const named = { sae: `saes/${spec.sae}`, activationSet: `activationSets/${spec.set}` };
  await clients.indexingRuns.createIndexingRun({ indexingRunId: run, spec: named });
  return (await last(clients.indexingRuns.watchIndexingRun({ name: `indexingRuns/${run}` }))).indexingRun!;
}
