import { listSaeArtifacts } from '@facet/artifacts';
import { absentAsUndefined } from '@facet/objects';
import type { SaeFormat } from '@facet/sae';
import { deleteSae } from './delete-sae.ts';
import { describeSae, type RegisteredSae } from './describe-sae.ts';
import { type Exported, exportSae } from './export-sae.ts';
import { type ImportDependencies, type Imported, type ImportRequest, importSae } from './import-sae.ts';
import { type SaeTexts, updateTexts } from './sae-texts.ts';

/** The published SAEs. */
export interface SaeRegistry {
  get(id: string): Promise<RegisteredSae>;
  /** SAEs with ids after `after`, in order, at most `limit`. */
  list(after: string, limit: number): Promise<RegisteredSae[]>;
  updateTexts(id: string, change: Partial<SaeTexts>): Promise<RegisteredSae>;
  delete(id: string): Promise<void>;
  importFrom(request: ImportRequest, signal?: AbortSignal): Promise<Imported>;
  /** Writes an SAE in a format into a new directory. */
  exportTo(id: string, uri: string, format: SaeFormat): Promise<Exported>;
}

export interface SaeRegistryDependencies extends ImportDependencies {
  exportRoots: readonly string[];
}

/** Creates the registry over the SAE artifacts of an object store. */
export function createSaeRegistry(dependencies: SaeRegistryDependencies): SaeRegistry {
  const { store, exportRoots } = dependencies;
  const get = (id: string) => describeSae(store, id);
  return {
    get,
    async list(after, limit) {
      const found: RegisteredSae[] = [];
      for await (const id of listSaeArtifacts(store)) {
        if (id <= after) continue;
        if (found.length === limit) break;
        // It may have been deleted since the ids were read.
        const sae = await absentAsUndefined(() => get(id));
        if (sae) found.push(sae);
      }
      return found;
    },
    async updateTexts(id, change) {
      await updateTexts(store, id, change);
      return get(id);
    },
    delete: (id) => deleteSae(dependencies, id),
    importFrom: (request, signal) => importSae(dependencies, request, signal),
    exportTo: (id, uri, format) => exportSae(store, { id, uri, roots: exportRoots, format }),
  };
}
