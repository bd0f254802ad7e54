import { activationSetPrefix, SET_STATE_FILE } from '@facet/artifacts';
import { isFacetError } from '@facet/errors';
import {
  absentAsUndefined,
  createDocuments,
  type DocumentKind,
  MANIFEST_FILE,
  type ObjectStore,
  readJsonVersion,
} from '@facet/objects';
import { z } from 'zod';
import { type CaptureStore, captureFolder, createCaptureStore, type SetIdentity } from './capture-store.ts';
import { type SetRecord, setRecordSchema } from './set-record.ts';

/**
 * The state of activation sets in the object store. Nothing is ever changed: every fact is a document of its own that
 * is written once, so that API and workers on any machine agree without locks.
 */
export interface SetStore {
  /** Writes a new set; `exists` where its id is taken. */
  create(record: SetRecord): Promise<void>;
  /** `not-found` where there is none. */
  read(id: string): Promise<SetRecord>;
  find(id: string): Promise<SetRecord | undefined>;
  /** Ids in order. */
  ids(): Promise<string[]>;
  /** What belongs to one set, and to none that takes its id later. */
  capture(set: SetIdentity): CaptureStore;
  /** Removes a set unless another one has its id by now; of several callers at once one does. False where it is gone. */
  delete(set: SetIdentity): Promise<boolean>;
}

const SET: DocumentKind<SetRecord> = { file: SET_STATE_FILE, schema: setRecordSchema };
const folderSchema = z.object({ folder: z.string().optional() });

/** Keeps activation sets in `store`. */
export function createSetStore(store: ObjectStore): SetStore {
  const documents = createDocuments(store, { collection: 'activationSets', resourceType: 'ActivationSet' });
  const capture = (set: SetIdentity) => createCaptureStore(store, set);
  return {
    create: (record) => documents.create(record.id, SET, record),
    read: (id) => documents.require(id, SET),
    find: (id) => documents.find(id, SET),
    ids: async () => {
      const ids: string[] = [];
      for (const id of await documents.ids())
        if (await store.exists(documents.key(id, SET_STATE_FILE))) ids.push(id);
      return ids;
    },
    capture,
    delete: (set) => deleteSet(store, set),
  };
}

/** First the manifest, so that readers see all of it or nothing, then the record, then what belongs to this set alone. */
async function deleteSet(store: ObjectStore, set: SetIdentity): Promise<boolean> {
  const prefix = activationSetPrefix(set.id);
  const found = await absentAsUndefined(() =>
    readJsonVersion(store, `${prefix}/${SET_STATE_FILE}`, setRecordSchema),
  );
  if (found?.value.uid !== set.uid) return false;
  if (set.formatVersion === 1) return (await store.deletePrefix(prefix)) > 0;
  await removeManifest(store, set.id, (folder) => folder === captureFolder(set));
  try {
    await store.delete(`${prefix}/${SET_STATE_FILE}`, { ifMatch: found.version });
  } catch (error) {
    if (isFacetError(error) && error.kind === 'aborted') return false;
    throw error;
  }
  await createCaptureStore(store, set).delete();
  return true;
}

/** Removes the manifest under an id if the folder that it names is one of those meant, and it stands as it was read. */
export async function removeManifest(
  store: ObjectStore,
  id: string,
  isMeant: (folder: string | undefined) => boolean,
): Promise<void> {
  const key = `${activationSetPrefix(id)}/${MANIFEST_FILE}`;
  const found = await absentAsUndefined(() => readJsonVersion(store, key, folderSchema));
  if (!found || !isMeant(found.value.folder)) return;
  // Changed or removed meanwhile: then it is another one's.
  await store.delete(key, { ifMatch: found.version }).catch((error) => {
    if (!(isFacetError(error) && error.kind === 'aborted')) throw error;
  });
}
