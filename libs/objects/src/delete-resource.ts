import { isFacetError } from '@facet/errors';
import { absentAsUndefined } from './absent-as-undefined.ts';
import type { ObjectStore } from './store.ts';

/** Objects of one resource. */
export interface ResourceObjects {
  /** Everything of it lies below. */
  prefix: string;
  /** The key of the document that makes it exist, in the version that is meant. */
  head: { key: string; version: string };
  /** Keys that go behind the head: without them it would seem to be in another state. */
  last: readonly string[];
}

/**
 * Removes a resource in the state in which it was read; false where it was changed or removed meanwhile. Of several callers at
 * once one does, and what is written under the prefix since, of another resource of its id, stays. One that is killed leaves
 * the resource, to be removed again, or objects without a head, which a sweep finds.
 */
export async function deleteResource(
  store: ObjectStore,
  { prefix, head, last }: ResourceObjects,
): Promise<boolean> {
  const below = await versionsBelow(store, prefix);
  // Until now the head stood: so did what was found, and nothing of it belongs to another.
  if ((await versionOf(store, head.key)) !== head.version) return false;
  const isLast = (key: string) => last.includes(key);
  for (const [key, version] of below)
    if (key !== head.key && !isLast(key)) await deleteVersion(store, key, version);
  if (!(await deleteVersion(store, head.key, head.version))) return false;
  for (const [key, version] of below) if (isLast(key)) await deleteVersion(store, key, version);
  return true;
}

async function versionsBelow(store: ObjectStore, prefix: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { key } of store.list(prefix)) {
    const version = await versionOf(store, key);
    if (version !== undefined) found.set(key, version);
  }
  return found;
}

async function versionOf(store: ObjectStore, key: string): Promise<string | undefined> {
  return (await absentAsUndefined(() => store.readVersion(key, { end: 0 })))?.version;
}

/** False where the object has another version by now, or is gone. */
async function deleteVersion(store: ObjectStore, key: string, version: string): Promise<boolean> {
  try {
    await store.delete(key, { ifMatch: version });
    return true;
  } catch (error) {
    if (isFacetError(error) && error.kind === 'aborted') return false;
    throw error;
  }
}
