import { FacetError, isFacetError } from '@facet/errors';
import type { ZodType } from 'zod';
import { absentAsUndefined } from './absent-as-undefined.ts';
import { deleteResource } from './delete-resource.ts';
import { readJson, readJsonVersion, updateJson, type VersionedJson, writeJson } from './json.ts';
import type { ObjectStore } from './store.ts';

/** One kind of document of a resource: its file and what it holds. */
export interface DocumentKind<T> {
  readonly file: string;
  readonly schema: ZodType<T>;
}

/**
 * The state of the resources of one collection, `<collection>/<id>/<file>`. A fact is a document of its own that is
 * written once, and what changes is changed by `update`, so that services and workers on any machine agree without locks.
 */
export interface Documents {
  /** The key of a file of a resource. */
  key(id: string, file: string): string;
  /** Ids of the resources, in order. */
  ids(): Promise<string[]>;
  /** Reads a document; undefined where there is none. */
  find<T>(id: string, kind: DocumentKind<T>): Promise<T | undefined>;
  /** Reads the document that makes the resource exist; `not-found`, naming the resource, where there is none. */
  require<T>(id: string, kind: DocumentKind<T>): Promise<T>;
  /** Writes the document that makes the resource exist; `exists` where its id is taken. */
  create<T>(id: string, kind: DocumentKind<T>, value: NoInfer<T>): Promise<void>;
  /** Writes a document unless there is one: of several writers the first counts. */
  writeOnce<T>(id: string, kind: DocumentKind<T>, value: NoInfer<T>): Promise<void>;
  /** Writes a document unless there is one, and returns the one that holds. */
  decide<T>(id: string, kind: DocumentKind<T>, value: NoInfer<T>): Promise<T>;
  /**
   * Changes a document, or makes it where `change` is given undefined, and returns what was written with its version (an
   * etag). `change` is called again where another writer came first; what it throws ends the update.
   */
  update<T>(
    id: string,
    kind: DocumentKind<T>,
    change: (current: VersionedJson<T> | undefined) => NoInfer<T>,
  ): Promise<VersionedJson<T>>;
  /** Removes everything below an id that only one resource has ever had. */
  delete(id: string): Promise<void>;
  /**
   * Removes the resource of an id that another one may take, where its document is the one meant; false where it is gone, or is
   * another one's by now. `last` are the files that go behind the document: without them it would seem to be in another state.
   */
  deleteOwn<T>(
    id: string,
    kind: DocumentKind<T>,
    options: { isMeant: (value: T) => boolean; last?: readonly string[] },
  ): Promise<boolean>;
}

/** Keeps documents of `collection` in `store`; errors call its resources a `resourceType`. */
export function createDocuments(
  store: ObjectStore,
  { collection, resourceType }: { collection: string; resourceType: string },
): Documents {
  const key = (id: string, file: string) => `${collection}/${id}/${file}`;
  const find = <T>(id: string, { file, schema }: DocumentKind<T>) =>
    absentAsUndefined(() => readJson(store, key(id, file), schema));
  const create = async (id: string, { file }: DocumentKind<unknown>, value: unknown) => {
    await writeJson(store, key(id, file), value, { ifAbsent: true });
  };
  const writeOnce = (id: string, kind: DocumentKind<unknown>, value: unknown) =>
    existingIsFine(() => create(id, kind, value));
  return {
    key,
    ids: () => store.listFolders(collection),
    find,
    require: async (id, kind) => {
      const found = await find(id, kind);
      if (found !== undefined) return found;
      const resourceName = `${collection}/${id}`;
      throw new FacetError('not-found', `${resourceName} does not exist`, {
        metadata: { resourceType, resourceName },
      });
    },
    create,
    writeOnce,
    decide: async (id, kind, value) => {
      for (;;) {
        await writeOnce(id, kind, value);
        const held = await find(id, kind);
        // The one that was there can have been deleted since: then this one may be the first.
        if (held !== undefined) return held;
      }
    },
    update: (id, { file, schema }, change) => updateJson(store, key(id, file), schema, change),
    delete: async (id) => {
      await store.deletePrefix(`${collection}/${id}`);
    },
    deleteOwn: async (id, { file, schema }, { isMeant, last = [] }) => {
      const found = await absentAsUndefined(() => readJsonVersion(store, key(id, file), schema));
      if (!found || !isMeant(found.value)) return false;
      return deleteResource(store, {
        prefix: `${collection}/${id}`,
        head: { key: key(id, file), version: found.version },
        last: last.map((name) => key(id, name)),
      });
    },
  };
}

async function existingIsFine(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(isFacetError(error) && error.kind === 'exists')) throw error;
  }
}
