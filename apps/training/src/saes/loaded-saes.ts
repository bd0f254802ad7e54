import { openSaeArtifact, readSaeManifest, type SaeArtifact } from '@facet/artifacts';
import type { ObjectStore } from '@facet/objects';
import { createSaeEncoder, type SaeEncoder } from '@facet/sae';

/** An SAE in memory, ready to encode. */
export interface LoadedSae {
  artifact: SaeArtifact;
  /** Made at first use. */
  encoder(): Promise<SaeEncoder>;
}

/** The SAEs that were used last, kept in memory. */
export interface LoadedSaes {
  /** Loads an SAE, or takes it from memory where it is still the published one. */
  get(id: string): Promise<LoadedSae>;
  close(): Promise<void>;
}

/** SAEs kept in memory; beyond this the one that was used longest ago is let go. */
const MAX_LOADED = 4;
/** Rows that an encoder prepares for. */
const ENCODER_ROWS = 1024;

interface Entry {
  revision: string;
  loaded: Promise<LoadedSae>;
  close(): Promise<void>;
}

/** Creates the cache. */
export function createLoadedSaes(store: ObjectStore, threads: number): LoadedSaes {
  const entries = new Map<string, Entry>();
  return {
    async get(id) {
      const { revision } = await readSaeManifest(store, id);
      const known = entries.get(id);
      entries.delete(id);
      const entry = known?.revision === revision ? known : load(store, { id, revision, threads });
      if (known && known !== entry) await known.close();
      entries.set(id, entry);
      if (entries.size > MAX_LOADED) {
        const [oldest, { close }] = entries.entries().next().value!;
        entries.delete(oldest);
        await close();
      }
      try {
        return await entry.loaded;
      } catch (error) {
        if (entries.get(id) === entry) entries.delete(id);
        throw error;
      }
    },
    async close() {
      for (const { close } of entries.values()) await close();
      entries.clear();
    },
  };
}

function load(
  store: ObjectStore,
  { id, revision, threads }: { id: string; revision: string; threads: number },
): Entry {
  let encoder: Promise<SaeEncoder> | undefined;
  const loaded = openSaeArtifact(store, id).then(
    (artifact): LoadedSae => ({
      artifact,
      encoder() {
        encoder ??= createSaeEncoder(artifact.sae, { maxRows: ENCODER_ROWS, threads });
        return encoder;
      },
    }),
  );
  loaded.catch(() => undefined);
  return { revision, loaded, close: async () => (await encoder)?.close() };
}
