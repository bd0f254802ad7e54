import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { FacetError, quote } from '@facet/errors';
import { describeRepository, parseRepository } from '../repository.ts';
import { findCachedModel, isModelDirectory, snapshotOf } from './cached-model.ts';

/**
 * Finds the model that `text` names: a model directory, the folder of a repository in the Hugging Face cache, or a repository
 * (`organisation/name[@revision]`) that was pulled into the cache. A path that exists comes first. Throws `invalid` with the
 * remedy where there is no model.
 */
export async function locateModel(text: string, cacheDirectory: string): Promise<string> {
  const path = await existingFolder(text);
  if (path === undefined) return fromCache(text, cacheDirectory);
  const found = await modelAt(path);
  if (found !== undefined) return found;
  throw invalid(
    `the model directory ${quote(text)} has no config.json; give the path of a Hugging Face model directory`,
  );
}

/** As `locateModel`; where `text` is a folder of model directories or of repositories, the models in it (at least one). */
export async function locateModels(text: string, cacheDirectory: string): Promise<string[]> {
  const path = await existingFolder(text);
  if (path === undefined) return [await fromCache(text, cacheDirectory)];
  const own = await modelAt(path);
  if (own !== undefined) return [own];
  const children = (await readdir(path)).sort().map((name) => join(path, name));
  const inside = (await Promise.all(children.map(modelAt))).filter((found) => found !== undefined);
  if (inside.length > 0) return inside;
  throw invalid(`${path} holds no model: neither it nor a directory in it has a config.json`);
}

async function existingFolder(text: string): Promise<string | undefined> {
  const path = resolve(text);
  return (await stat(path).catch(() => undefined))?.isDirectory() ? path : undefined;
}

async function modelAt(path: string): Promise<string | undefined> {
  return (await isModelDirectory(path)) ? path : snapshotOf(path);
}

async function fromCache(text: string, cacheDirectory: string): Promise<string> {
  const repository = parseRepository(text);
  if (repository === undefined)
    throw invalid(`the model directory ${quote(text)} does not exist; give the path of one`);
  const snapshot = await findCachedModel(cacheDirectory, repository);
  if (snapshot !== undefined) return snapshot;
  throw invalid(
    `${quote(text)} is neither a directory nor a model in the cache ${cacheDirectory}; ` +
      `\`facet models pull ${describeRepository(repository)}\` brings it there`,
  );
}

function invalid(message: string): FacetError {
  return new FacetError('invalid', message, { reason: 'NO_SUCH_MODEL' });
}
