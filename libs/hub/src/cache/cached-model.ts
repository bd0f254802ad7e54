import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FacetError, quote } from '@facet/errors';
import {
  DEFAULT_REVISION,
  describeRepository,
  type Repository,
  repositoryFolder,
  repositoryOfPath,
} from '../repository.ts';

/** A commit as the hub names it: it becomes the name of a folder. */
export const COMMIT = /^[0-9a-zA-Z]{1,64}$/;
/** A file of refs/ holds one commit. */
const MAX_REF_BYTES = 256;

/** Tells whether `directory` holds a model: whether it has a config.json. */
export async function isModelDirectory(directory: string): Promise<boolean> {
  return stat(join(directory, 'config.json')).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Finds the snapshot of a repository in the cache; undefined where it was not pulled. */
export async function findCachedModel(
  cacheDirectory: string,
  { name, revision }: Repository,
): Promise<string | undefined> {
  const folder = join(cacheDirectory, repositoryFolder(name));
  const commit = (await readRef(folder, revision)) ?? revision;
  if (!COMMIT.test(commit)) return undefined;
  const snapshot = join(folder, 'snapshots', commit);
  return (await isModelDirectory(snapshot)) ? snapshot : undefined;
}

/**
 * Finds the model of a repository's folder in a cache (`models--organisation--name`): the snapshot of main, or the only one.
 * Undefined where `folder` is no such folder or holds no model; `invalid` where it holds several and none is main.
 */
export async function snapshotOf(folder: string): Promise<string | undefined> {
  const name = repositoryOfPath(folder);
  const snapshots = join(folder, 'snapshots');
  if (name === undefined || (await readdir(snapshots).catch(() => undefined)) === undefined) return undefined;
  const main = await readRef(folder, DEFAULT_REVISION);
  if (main !== undefined && (await isModelDirectory(join(snapshots, main)))) return join(snapshots, main);
  const commits = (await readdir(snapshots)).filter((entry) => COMMIT.test(entry)).sort();
  const areModels = await Promise.all(commits.map((commit) => isModelDirectory(join(snapshots, commit))));
  const found = commits.filter((_, i) => areModels[i]);
  if (found.length <= 1) return found[0] && join(snapshots, found[0]);
  throw new FacetError(
    'invalid',
    `${folder} holds ${found.length} revisions of ${quote(name)} and none is main; name one as ` +
      describeRepository({ name, revision: found[0]! }),
    { reason: 'MODEL_REVISION_AMBIGUOUS' },
  );
}

async function readRef(folder: string, revision: string): Promise<string | undefined> {
  const path = join(folder, 'refs', revision);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > MAX_REF_BYTES) return undefined;
  const commit = (await readFile(path, 'utf8')).trim();
  return COMMIT.test(commit) ? commit : undefined;
}
