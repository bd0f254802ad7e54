import { listUnpublishedAttempts } from '@facet/artifacts';
import { findStale, MANIFEST_FILE, type ObjectStore, type Orphan, type OrphanFinder } from '@facet/objects';

/**
 * Finds checkpoints of runs that have ended, what is left of deleted runs, and files of SAEs that were never published or whose
 * deletion was not finished.
 */
export function findTrainingOrphans(store: ObjectStore): OrphanFinder {
  return async function* (olderThanMs) {
    yield* runOrphans(store, olderThanMs);
    yield* saeOrphans(store, olderThanMs);
  };
}

async function* runOrphans(store: ObjectStore, olderThanMs: number): AsyncGenerator<Orphan> {
  for (const id of await store.listFolders('trainingRuns')) {
    const prefix = `trainingRuns/${id}`;
    const place = !(await store.exists(`${prefix}/run.json`))
      ? { what: 'files of deleted runs', prefix }
      : { what: 'checkpoints of ended runs', prefix: `${prefix}/checkpoints` };
    if (place.prefix !== prefix && !(await store.exists(`${prefix}/outcome.json`))) continue;
    const orphan = await findStale(store, { ...place, olderThanMs });
    if (orphan) yield orphan;
  }
}

async function* saeOrphans(store: ObjectStore, olderThanMs: number): AsyncGenerator<Orphan> {
  const what = 'files of unpublished SAEs';
  const unpublished = new Set<string>();
  for (const id of await store.listFolders('saes')) {
    const prefix = `saes/${id}`;
    if (await store.exists(`${prefix}/${MANIFEST_FILE}`)) continue;
    unpublished.add(id);
    const orphan = await findStale(store, { what, prefix, olderThanMs });
    if (orphan) yield orphan;
  }
  for await (const { prefix } of listUnpublishedAttempts(store, 'saes')) {
    if (unpublished.has(prefix.split('/')[1]!)) continue;
    const orphan = await findStale(store, { what, prefix, olderThanMs });
    if (orphan) yield orphan;
  }
}
