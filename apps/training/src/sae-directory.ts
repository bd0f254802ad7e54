import { mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FacetError } from '@facet/errors';
import {
  MAX_CONFIG_BYTES,
  readSaelens,
  SAELENS_CONFIG_FILE,
  SAELENS_WEIGHTS_FILE,
  type Sae,
} from '@facet/sae';

/** Largest weights file that is imported: it is read into memory whole. */
export const MAX_WEIGHTS_BYTES = 2 ** 32;

interface Location {
  /** A path or `file://` URL. */
  uri: string;
  /** Folders below which it must lie, links resolved. */
  roots: readonly string[];
}

/** Reads a SAELens directory below one of the roots; links are resolved before anything is opened. */
export async function readSaeDirectory({ uri, roots }: Location): Promise<Sae> {
  const directory = await resolveExisting(toPath(uri), uri);
  await requireBelow(directory, roots, { uri, variable: 'FACET_SAE_IMPORT_ROOTS' });
  const read = async (name: string, maxBytes: number) => {
    const path = await resolveExisting(join(directory, name), `${uri}/${name}`);
    await requireBelow(path, roots, { uri: `${uri}/${name}`, variable: 'FACET_SAE_IMPORT_ROOTS' });
    const { size } = await stat(path);
    if (size > maxBytes)
      throw new FacetError('invalid', `${uri}/${name} has ${size} bytes; the limit is ${maxBytes}`);
    return readFile(path);
  };
  const cfg = (await read(SAELENS_CONFIG_FILE, MAX_CONFIG_BYTES)).toString('utf8');
  return readSaelens({ cfg, weights: await read(SAELENS_WEIGHTS_FILE, MAX_WEIGHTS_BYTES) }, uri);
}

export interface DirectoryContent extends Location {
  names: readonly string[];
  read: (name: string) => Promise<Uint8Array>;
}

/**
 * Writes files into a new directory below one of the roots; it appears whole or not at all. Returns their
 * names.
 */
export async function writeSaeDirectory({ uri, roots, names, read }: DirectoryContent): Promise<string[]> {
  const path = toPath(uri);
  const parent = await resolveExisting(dirname(path), dirname(uri));
  await requireBelow(parent, roots, { uri, variable: 'FACET_SAE_EXPORT_ROOTS' });
  const target = join(parent, basename(path));
  if (await exists(target))
    throw new FacetError('exists', `${uri} exists already; choose another directory`, { field: 'uri' });
  const partial = `${target}.partial-${process.pid}`;
  try {
    await mkdir(partial);
    for (const name of names) await writeDurably(join(partial, name), await read(name));
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  return [...names];
}

function toPath(uri: string): string {
  if (uri.startsWith('file://')) return fileURLToPath(uri);
  if (uri.startsWith('/')) return resolve(uri);
  throw new FacetError('invalid', `${JSON.stringify(uri)} is not an absolute path or file:// URL`, {
    field: 'uri',
  });
}

async function resolveExisting(path: string, shown: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    throw new FacetError('not-found', `${shown} does not exist or cannot be read`, { cause, field: 'uri' });
  }
}

async function requireBelow(
  path: string,
  roots: readonly string[],
  { uri, variable }: { uri: string; variable: string },
): Promise<void> {
  for (const root of roots) {
    const real = await realpath(root).catch(() => undefined);
    if (real !== undefined && (path === real || path.startsWith(real.endsWith(sep) ? real : real + sep)))
      return;
  }
  const message = `${uri} is not below a folder of ${variable} (${roots.join(', ') || 'none is set'})`;
  throw new FacetError('precondition', message, { field: 'uri', reason: 'OUTSIDE_ROOTS' });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function writeDurably(path: string, data: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}
