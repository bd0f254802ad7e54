import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How a running ClickHouse is reached. */
export interface ClickhouseConnection {
  url: string;
  user: string;
  password: string;
}

/** The one user of an embedded engine. */
export const USER = 'default';

/** The file of a data directory that says how its ClickHouse is reached while it runs. */
export function connectionFileOf(dataDirectory: string): string {
  return join(dataDirectory, 'connection.json');
}

/** The same for curl: `curl --netrc-file`. */
export function netrcFileOf(dataDirectory: string): string {
  return join(dataDirectory, 'netrc');
}

/** Reads how the ClickHouse of a data directory is reached; undefined where none runs, or its file is damaged. */
export async function readConnectionFile(dataDirectory: string): Promise<ClickhouseConnection | undefined> {
  try {
    const { url, user, password } = JSON.parse(await readFile(connectionFileOf(dataDirectory), 'utf8'));
    return { url: new URL(url).origin, user: String(user), password: String(password) };
  } catch {
    return undefined;
  }
}

/** Writes how a ClickHouse is reached into its data directory, for the user of this machine alone (mode 600). */
export async function writeConnectionFiles(
  dataDirectory: string,
  { url, user, password }: ClickhouseConnection,
): Promise<void> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const netrc = [host, 'localhost']
    .map((name) => `machine ${name} login ${user} password ${password}\n`)
    .join('');
  await writePrivately(netrcFileOf(dataDirectory), netrc);
  await writePrivately(connectionFileOf(dataDirectory), `${JSON.stringify({ url, user, password })}\n`);
}

/** Removes what `writeConnectionFiles` wrote. */
export async function removeConnectionFiles(dataDirectory: string): Promise<void> {
  await rm(connectionFileOf(dataDirectory), { force: true });
  await rm(netrcFileOf(dataDirectory), { force: true });
}

async function writePrivately(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`;
  await rm(partial, { force: true });
  await writeFile(partial, text, { mode: 0o600, flag: 'wx' });
  await rename(partial, path);
}
