import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { asideFile, manifestFile } from './copy-files.ts';

const manifestSchema = z.object({
  /** Name of the copy: a hash of the weights and their layout. */
  key: z.string(),
  bytes: z.number().int().nonnegative(),
  /** Of the whole copy, lower-case hex. */
  sha256: z.string(),
  /** The files that it was made of, as they were. */
  source: z.object({
    folder: z.string(),
    files: z.array(z.object({ name: z.string(), bytes: z.number(), modifiedMs: z.number() })),
  }),
});

/** What a copy is, how it is known again, and what it was made of. */
export type CopyManifest = z.infer<typeof manifestSchema>;
export type CopySource = CopyManifest['source'];

/** Reads the manifest of the copy `key`; undefined where there is none that can be read. */
export async function readManifest(folder: string, key: string): Promise<CopyManifest | undefined> {
  try {
    const manifest = manifestSchema.parse(
      JSON.parse(await readFile(join(folder, manifestFile(key)), 'utf8')),
    );
    return manifest.key === key ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the manifest aside, flushes and renames it, so that it is there whole or not at all. */
export async function writeManifest(folder: string, manifest: CopyManifest, holder: string): Promise<void> {
  const name = manifestFile(manifest.key);
  const aside = join(folder, asideFile(name, holder));
  try {
    {
      await using file = await open(aside, 'w');
      await file.writeFile(JSON.stringify(manifest));
      await file.sync();
    }
    await rename(aside, join(folder, name));
  } finally {
    await rm(aside, { force: true });
  }
}

/** Describes the files `names` of `folder` as they are now. */
export async function describeSource(folder: string, names: readonly string[]): Promise<CopySource> {
  const files = await Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name));
      return { name, bytes: size, modifiedMs: mtimeMs };
    }),
  );
  return { folder, files };
}

/** Whether the files that a copy was made of are still there and unchanged. */
export async function isCurrent({ source }: CopyManifest): Promise<boolean> {
  const names = source.files.map(({ name }) => name);
  const now = await describeSource(source.folder, names).catch(() => undefined);
  return JSON.stringify(now?.files) === JSON.stringify(source.files);
}
