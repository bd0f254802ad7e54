import { FacetError } from '@facet/errors';
import type { SaeFiles } from '../formats/sae-format.ts';

/** Joins the chunks of written files. */
export function writtenFiles(
  files: Readonly<Record<string, readonly Uint8Array[]>>,
): Record<string, Uint8Array> {
  const joined = Object.entries(files).map(([name, chunks]) => [name, new Uint8Array(Buffer.concat(chunks))]);
  return Object.fromEntries(joined);
}

/** Files in memory, as an import sees a folder. */
export function memoryFiles(
  files: Readonly<Record<string, readonly Uint8Array[]>>,
  source = 'some/folder',
): SaeFiles {
  const joined = writtenFiles(files);
  return {
    source,
    names: Object.keys(joined),
    async read(name, maxBytes) {
      const bytes = joined[name];
      if (!bytes) throw new FacetError('not-found', `${source}/${name} does not exist`);
      if (bytes.byteLength > maxBytes)
        throw new FacetError('invalid', `${name} has ${bytes.byteLength} bytes`);
      return bytes;
    },
  };
}
