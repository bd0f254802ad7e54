import { SET_STATE_FILE } from '@facet/artifacts';
import { findStale, type ObjectStore, type OrphanFinder } from '@facet/objects';
import { createSetStore } from './set-store.ts';

interface Place {
  what: string;
  prefix: string;
}

/** Finds what is left of sets that failed, were cancelled or were deleted while something of them was written. */
export function findCaptureOrphans(store: ObjectStore): OrphanFinder {
  return async function* (olderThanMs) {
    for (const id of await store.listFolders('activationSets'))
      for (const place of await unwantedPlaces(store, id)) {
        const orphan = await findStale(store, { ...place, olderThanMs });
        if (orphan) yield orphan;
      }
  };
}

/** Where nothing of a set should lie. */
async function unwantedPlaces(store: ObjectStore, id: string): Promise<Place[]> {
  const prefix = `activationSets/${id}`;
  if (!(await store.exists(`${prefix}/${SET_STATE_FILE}`)))
    return [{ what: 'files of deleted sets', prefix }];
  const outcome = await createSetStore(store).outcome(id);
  if (!outcome || outcome.state === 'ACTIVE') return [];
  const folders = await store.listFolders(prefix);
  return folders.map((name) => ({
    what: 'files of failed and cancelled sets',
    prefix: `${prefix}/${name}`,
  }));
}
