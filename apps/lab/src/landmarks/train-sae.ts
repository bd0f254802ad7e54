import { createHash } from 'node:crypto';
import { type Clients, type Invocation, shortState, train } from '@facet/console';
import type { ActivationSet, TrainingRun } from '@facet/contracts';
import { FacetError, isFacetError } from '@facet/errors';

/** How an SAE is trained on the world. */
export interface SaePlan {
  dSae: number;
  k: number;
  /** Passes over the activation set. */
  epochs: number;
  batchTokens: number;
  learningRate: number;
  seed: number;
}

/** Trains an SAE on a set, or gives back the run of an earlier training of the same. */
export async function trainSae(
  clients: Clients,
  { name, summary }: ActivationSet,
  plan: SaePlan,
  invocation: Invocation,
): Promise<TrainingRun> {
  if (summary === undefined) throw new FacetError('unavailable', `${name} came without a summary; try again`);
  const { dSae, k, epochs, batchTokens, learningRate, seed } = plan;
  const recipeHash = createHash('sha256').update(
    JSON.stringify([name, dSae, k, epochs, batchTokens, learningRate, seed]),
  );
  const id = `landmarks-${dSae}-${k}-${recipeHash.digest('hex').slice(0, 16)}`;
  const known = await succeededRun(clients, id);
  if (known) {
    invocation.progress.note(`train: ${known.name} is there from an earlier run`);
    return known;
  }
  const tokens = BigInt(Math.round(Number(summary.rows - summary.specialRows) * epochs));
  const recipe = { $case: 'topk' as const, value: { k, auxkAlpha: undefined, kAux: undefined } };
  const spec = {
    activationSets: [name],
    sae: `saes/${id}`,
    dSae,
    recipe,
    tokens,
    batchTokens,
    learningRate,
    seed: BigInt(seed),
  };
  return train(clients, { id, spec }, invocation);
}

async function succeededRun(clients: Clients, id: string): Promise<TrainingRun | undefined> {
  try {
    const { trainingRun } = await clients.training.getTrainingRun({ name: `trainingRuns/${id}` });
    if (trainingRun !== undefined && shortState(trainingRun.state) === 'SUCCEEDED') return trainingRun;
    await clients.training.deleteTrainingRun({ name: `trainingRuns/${id}` });
    return undefined;
  } catch (error) {
    if (isFacetError(error) && error.kind === 'not-found') return undefined;
    throw error;
  }
}

/** Name, size and k of the SAE that a run published. */
export function trainedSae({ name, spec }: TrainingRun): { sae: string; dSae: number; k: number } {
  if (spec?.recipe?.$case !== 'topk') throw new Error(`${name} trained no topk SAE`);
  return { sae: spec.sae, dSae: spec.dSae, k: spec.recipe.value.k };
}
