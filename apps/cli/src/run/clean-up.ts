import type { Clients } from '@facet/console';

/** Deleting one resource gets this long, milliseconds. */
const DELETE_TIMEOUT_MS = 5000;

interface Call {
  signal: AbortSignal;
}

const DELETIONS: Readonly<Record<string, (clients: Clients, name: string, call: Call) => Promise<unknown>>> =
  {
    saes: (clients, name, call) => clients.saes.deleteSae({ name }, call),
    trainingRuns: (clients, name, call) => clients.training.deleteTrainingRun({ name }, call),
    activationSets: (clients, name, call) => clients.capture.deleteActivationSet({ name }, call),
  };

/**
 * Deletes the resources that an interrupted run made, the newest first, and gives the names that went. What cannot be
 * deleted is left: the interruption must end.
 */
export async function cleanUpRun(clients: Clients, made: Iterable<string>): Promise<string[]> {
  const deleted: string[] = [];
  for (const name of [...made].reverse()) {
    const remove = DELETIONS[name.split('/')[0]!];
    if (remove === undefined) continue;
    const call = { signal: AbortSignal.timeout(DELETE_TIMEOUT_MS) };
    const gone = await remove(clients, name, call).then(
      () => true,
      () => false,
    );
    if (gone) deleted.push(name);
  }
  return deleted;
}
