import { quote } from '@facet/errors';
import { openZip } from '../archive/zip-reader.ts';
import { writeZip } from '../archive/zip-writer.ts';
import type { StoredTensor, TensorFile } from '../tensor-file.ts';
import { parseNpy, writeNpy } from './npy.ts';

const SUFFIX = '.npy';

/** Opens a numpy archive (`.npz`): a zip of `.npy` files. */
export async function openNpz(bytes: Uint8Array, source: string): Promise<TensorFile> {
  const zip = await openZip(bytes, source);
  const tensors = new Map<string, StoredTensor>();
  for (const entry of zip.names) {
    const name = entry.endsWith(SUFFIX) ? entry.slice(0, -SUFFIX.length) : entry;
    tensors.set(name, parseNpy(zip.read(entry), `${source}: ${quote(name)}`));
  }
  return { source, tensors };
}

/** Renders f32 arrays as the chunks of an `.npz` file, not compressed. */
export function writeNpz(
  arrays: Readonly<Record<string, { values: Float32Array; shape: readonly number[] }>>,
): Uint8Array[] {
  return writeZip(
    Object.entries(arrays).map(([name, { values, shape }]) => ({
      name: `${name}${SUFFIX}`,
      chunks: writeNpy(values, shape),
    })),
  );
}
