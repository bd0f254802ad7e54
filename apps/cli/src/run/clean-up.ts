import type { Clients } from '../clients.ts';

/** Deleting one resource gets this long, milliseconds. */
const DELETE_TIMEOUT_MS = 5000;

/** Deletes what an interrupted run made; what was never made, or is gone, is no error. Gives the names that went. */
export async function cleanUpRun(clients: Clients, id: string): Promise<string[]> {
  const call = () => ({ signal: AbortSignal.timeout(DELETE_TIMEOUT_MS) });
  const deletions: readonly (readonly [string, () => Promise<unknown>])[] = [
    [`saes/${id}`, () => clients.saes.deleteSae({ name: `saes/${id}` }, call())],
    [`trainingRuns/${id}`, () => clients.training.deleteTrainingRun({ name: `trainingRuns/${id}` }, call())],
    [
      `activationSets/${id}`,
      () => clients.capture.deleteActivationSet({ name: `activationSets/${id}` }, call()),
    ],
  ];
  const deleted: string[] = [];
  for (const [name, remove] of deletions) {
    const done = await remove().then(
      () => true,
      () => false,
    );
    if (done) deleted.push(name);
  }
  return deleted;
}
