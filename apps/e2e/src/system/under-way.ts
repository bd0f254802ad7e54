import type { Clients } from './clients.ts';

/** Waits until some partition of a capture has begun and is not at its end, so that it can be disturbed in the middle. */
export async function untilCapturing(clients: Clients, id: string, partitionTokens: number): Promise<void> {
  const events = clients.activationSets.watchActivationSet({ name: `activationSets/${id}` });
  for await (const { activationSet } of events) {
    const done = Number(activationSet?.progress?.done ?? 0n);
    if (activationSet?.progress?.stage === 'capturing' && done % partitionTokens > 0) return;
  }
  throw new Error(`activationSets/${id} ended before it was disturbed`);
}

/** Waits until a run has taken steps. */
export async function untilTraining(clients: Clients, id: string): Promise<void> {
  const events = clients.trainingRuns.watchTrainingRun({ name: `trainingRuns/${id}` });
  for await (const { trainingRun } of events)
    if ((trainingRun?.stepMetrics?.step ?? 0n) > 0n && !trainingRun?.evaluation) return;
  throw new Error(`trainingRuns/${id} ended before it was disturbed`);
}

/** Waits until an indexing run has encoded rows. */
export async function untilIndexing(clients: Clients, id: string): Promise<void> {
  const events = clients.indexingRuns.watchIndexingRun({ name: `indexingRuns/${id}` });
  for await (const { indexingRun } of events)
    if (Number(indexingRun?.progress?.done ?? 0n) > 0 && indexingRun?.state.endsWith('RUNNING')) return;
  throw new Error(`indexingRuns/${id} ended before it was disturbed`);
}
