import { findStale, type ObjectStore, type OrphanFinder } from '@facet/objects';
import { createSetStore } from '../sets/set-store.ts';

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
  const sets = createSetStore(store);
  const record = await sets.find(id);
  if (!record) return [{ what: 'files of deleted sets', prefix }];
  const { folder, outcome } = sets.capture(record);
  const captures = (await store.listFolders(`${prefix}/captures`)).map((uid) => `captures/${uid}`);
  const places = captures
    .filter((other) => other !== folder)
    .map((other) => ({ what: 'files of deleted sets', prefix: `${prefix}/${other}` }));
  const ended = await outcome();
  if (!ended || ended.state === 'ACTIVE') return places;
  const own = folder === undefined ? prefix : `${prefix}/${folder}`;
  const what = 'files of failed and cancelled sets';
  const data = (await store.listFolders(own)).filter((name) => name !== 'captures');
  return [...places, ...data.map((name) => ({ what, prefix: `${own}/${name}` }))];
}
