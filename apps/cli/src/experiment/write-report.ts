import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Writes the page of an experiment into a directory, which is made where it is missing; gives the path back. */
export async function writeReport(directory: string, name: string, html: string): Promise<string> {
  const path = join(resolve(directory), `${name}.html`);
  await mkdir(resolve(directory), { recursive: true });
  await writeFile(`${path}.part`, html);
  await rename(`${path}.part`, path);
  return path;
}
