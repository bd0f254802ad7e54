import { randomUUID } from 'node:crypto';
import {
  absentAsUndefined,
  type Condition,
  filesPrefix,
  MANIFEST_FILE,
  type Manifest,
  type ManifestFile,
  type ObjectStore,
  readJson,
  type StoredManifest,
  verifyFiles,
  writeManifest,
} from '@facet/objects';
import { z } from 'zod';

/** Below an artifact's prefix: a folder for every attempt to make it. */
const ATTEMPTS_FOLDER = 'attempts';
const ATTEMPT = /^(\d+)-[0-9a-f-]{36}$/;

/** The files of an artifact by name; chunks are written one after the other. */
export type ArtifactFiles = Readonly<Record<string, Uint8Array | readonly Uint8Array[]>>;

/** What the manifest says besides the files and where they lie. */
export type ArtifactDescription<T> = Pick<Manifest<T>, 'kind' | 'createTime' | 'lineage' | 'body'>;

export interface Publication<T> extends ArtifactDescription<T> {
  files: ArtifactFiles;
  /** `ifAbsent` for something new, `ifMatch` for what replaces the manifest that was read. */
  condition: Condition;
  /** Whether the files are read again before they are published. @default true */
  verify?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Publishes an artifact below `prefix`: writes its files into a folder of their own, reads them again, and then writes the
 * manifest, which alone makes them visible. Of many at once one wins; the others get `exists` or `aborted`, and take away
 * what they have written themselves, never anything else. Returns what was published.
 */
export async function publishArtifact<T>(
  store: ObjectStore,
  prefix: string,
  { files, condition, verify = true, signal, ...described }: Publication<T>,
): Promise<StoredManifest<T>> {
  const folder = `${ATTEMPTS_FOLDER}/${newAttempt()}`;
  try {
    const written: Record<string, ManifestFile> = {};
    for (const [name, data] of Object.entries(files)) {
      const { bytes, sha256 } = await store.write(`${prefix}/${folder}/${name}`, data, {
        ifAbsent: true,
        signal,
      });
      written[name] = { bytes, sha256 };
    }
    const manifest: Manifest<T> = { formatVersion: 2, folder, ...described, files: written };
    if (verify) await verifyFiles(store, prefix, manifest, { signal });
    const { sha256, version } = await writeManifest(store, prefix, manifest, condition);
    return { manifest, sha256, version };
  } catch (error) {
    // The manifest may have been written although its write failed: then the files are the winner's.
    const named = await namedFolder(store, prefix).catch(() => folder);
    if (named !== folder) await store.deletePrefix(`${prefix}/${folder}`).catch(() => undefined);
    throw error;
  }
}

/**
 * Removes the artifact of a manifest that was read: first the manifest, so that readers see all of it or nothing, then its
 * files. `aborted` where the manifest was changed or removed meanwhile. What other attempts have written stays.
 */
export async function removeArtifact(
  store: ObjectStore,
  prefix: string,
  { manifest, version }: StoredManifest<unknown>,
): Promise<void> {
  await store.delete(`${prefix}/${MANIFEST_FILE}`, { ifMatch: version });
  const files = filesPrefix(prefix, manifest);
  if (files !== prefix) await store.deletePrefix(files);
  else for (const name of Object.keys(manifest.files)) await store.delete(`${prefix}/${name}`);
}

/** A new name for the files of one attempt: when it began, and that of no other. */
export function newAttempt(): string {
  return `${Date.now()}-${randomUUID()}`;
}

/** Files of one attempt to make an artifact. */
export interface StagedAttempt {
  /** Its prefix. */
  prefix: string;
  /** Milliseconds since it began, by the clocks of its writer and of this process. */
  ageMs: number;
}

/**
 * Lists the attempts below `collection` (`saes`) whose files no manifest names: attempts that are under way, and those of
 * writers that were killed. Whoever sweeps removes the old ones with `deletePrefix`; choose an age that no writer reaches.
 */
export async function* listUnpublishedAttempts(
  store: ObjectStore,
  collection: string,
): AsyncGenerator<StagedAttempt> {
  for (const id of await store.listFolders(collection)) {
    const prefix = `${collection}/${id}`;
    const attempts = await store.listFolders(`${prefix}/${ATTEMPTS_FOLDER}`);
    // Read after the attempts: one that is published meanwhile is found in the manifest.
    const named = attempts.length > 0 ? await namedFolder(store, prefix) : undefined;
    for (const attempt of attempts) {
      const began = ATTEMPT.exec(attempt)?.[1];
      if (began === undefined || named === `${ATTEMPTS_FOLDER}/${attempt}`) continue;
      yield { prefix: `${prefix}/${ATTEMPTS_FOLDER}/${attempt}`, ageMs: Date.now() - Number(began) };
    }
  }
}

const folderSchema = z.object({ folder: z.string().optional() });

async function namedFolder(store: ObjectStore, prefix: string): Promise<string | undefined> {
  const manifest = await absentAsUndefined(() => readJson(store, `${prefix}/${MANIFEST_FILE}`, folderSchema));
  return manifest?.folder;
}
