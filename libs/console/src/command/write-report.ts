import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Writes a page whole or not at all, making its directory where that is missing; gives the absolute path back. */
export async function writeReport(path: string, html: string): Promise<string> {
  const target = resolve(path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(`${target}.part`, html);
  await rename(`${target}.part`, target);
  return target;
}
