import { createDeletedSaes, readSaeManifest, removeSaeArtifact, saeFilesPrefix } from '@facet/artifacts';
import { isFacetError } from '@facet/errors';
import type { ObjectStore } from '@facet/objects';
import type { RunEvents } from '../runs/run-events.ts';
import { PARITY_FILE, PROBES_FILE } from './import-parity.ts';
import { saeReplaced } from './sae-replaced.ts';
import { TEXTS_FILE } from './sae-texts.ts';

/** Deletes the SAE that stands; of several callers at once one does, the others find none, or another SAE. */
export async function deleteSae(
  { store, events }: { store: ObjectStore; events: RunEvents },
  id: string,
): Promise<void> {
  const stored = await readSaeManifest(store, id);
  await createDeletedSaes(store).note(stored.identity);
  try {
    await removeSaeArtifact(store, id, stored);
  } catch (error) {
    if (!(isFacetError(error) && error.kind === 'aborted')) throw error;
    await readSaeManifest(store, id);
    throw saeReplaced(id, 'it was deleted');
  }
  if (stored.manifest.folder === undefined)
    for (const name of [TEXTS_FILE, PARITY_FILE, PROBES_FILE])
      await store.delete(`${saeFilesPrefix(id, stored.manifest)}/${name}`);
  // Where the event is lost, the note does its work later.
  await events.saeDeleted(stored.identity).catch(() => undefined);
}
