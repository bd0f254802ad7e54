import { openSaeArtifact, type SaeBody, saeFilesPrefix } from '@facet/artifacts';
import { absentAsUndefined, type Manifest, type ObjectStore } from '@facet/objects';
import { SAELENS_SPARSITY_FILE, type SaeFormat, writeSae } from '@facet/sae';
import { writeSaeDirectory } from './sae-directory.ts';

/** What an export has written. */
export interface Exported {
  /** Names of the files. */
  files: string[];
  /** What was converted, a sentence each. */
  conversions: readonly string[];
}

/** Which SAE is written where, and how. */
export interface ExportRequest {
  id: string;
  /** A new directory below one of the roots. */
  uri: string;
  roots: readonly string[];
  format: SaeFormat;
}

/** Writes an SAE in a format into a new directory. */
export async function exportSae(
  store: ObjectStore,
  { id, uri, roots, format }: ExportRequest,
): Promise<Exported> {
  const { sae, manifest } = await openSaeArtifact(store, id);
  const { files, conversions } = writeSae(sae, format);
  const sparsity = format === 'saelens' ? await readSparsity(store, id, manifest) : undefined;
  const all = { ...files, ...(sparsity && { [SAELENS_SPARSITY_FILE]: [sparsity] }) };
  return { files: await writeSaeDirectory({ uri, roots, files: all }), conversions };
}

function readSparsity(
  store: ObjectStore,
  id: string,
  manifest: Manifest<SaeBody>,
): Promise<Uint8Array | undefined> {
  const key = `${saeFilesPrefix(id, manifest)}/${SAELENS_SPARSITY_FILE}`;
  return absentAsUndefined(() => store.read(key));
}
