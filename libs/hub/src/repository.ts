import { basename, dirname } from 'node:path';
import { FacetError, quote } from '@facet/errors';

/** A model repository of a hub, at a branch, a tag or a commit. */
export interface Repository {
  /** `organisation/name`, or `name` alone for the oldest ones. */
  name: string;
  /** @default main */
  revision: string;
}

export const DEFAULT_REVISION = 'main';

/** As the hub has it: letters, digits and `-_.`, at most 96 of them, in one or two parts. */
const NAME = /^(?!.*(--|\.\.))(\w[\w.-]{0,95}\/)?\w[\w.-]{0,95}$/;
/** A branch, tag, commit or `refs/pr/N`, without what git refuses and what leads out of a folder. */
const REVISION = /^(?!.*(\.\.|\/\/|\/\.))[\w][\w./-]{0,199}$/;
const FOLDER = /^models--(.+)$/;

/** Reads `organisation/name[@revision]`; undefined where the text is none. */
export function parseRepository(text: string): Repository | undefined {
  const [name = '', revision = DEFAULT_REVISION, ...more] = text.split('@');
  if (more.length > 0 || !NAME.test(name) || !REVISION.test(revision)) return undefined;
  return { name, revision };
}

/** Reads a repository that must be one; `invalid` names the form. */
export function requireRepository(text: string): Repository {
  const repository = parseRepository(text);
  if (repository !== undefined) return repository;
  throw new FacetError(
    'invalid',
    `${quote(text)} is no model of a hub; write organisation/name or organisation/name@revision, such as Qwen/Qwen2.5-0.5B@main`,
    { field: 'repository' },
  );
}

/** Writes a repository as it is given; the revision main is left out. */
export function describeRepository({ name, revision }: Repository): string {
  return revision === DEFAULT_REVISION ? name : `${name}@${revision}`;
}

/** Names the folder that a repository has in the cache. */
export function repositoryFolder(name: string): string {
  return `models--${name.replaceAll('/', '--')}`;
}

/** The name of the repository whose folder in a cache, or one of whose snapshots, lies at `path`; undefined elsewhere. */
export function repositoryOfPath(path: string): string | undefined {
  const isSnapshot = basename(dirname(path)) === 'snapshots';
  const folder = isSnapshot ? dirname(dirname(path)) : path;
  return FOLDER.exec(basename(folder))?.[1]?.replace('--', '/');
}
