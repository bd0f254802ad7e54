import { openSaeArtifact, readSaeManifest, type SaeArtifact } from '@facet/artifacts';
import type { ObjectStore } from '@facet/objects';
import { createSaeEncoder, type SaeEncoder } from '@facet/sae';
import { BLOCK_ROWS } from './limits.ts';

/** An SAE that is ready to encode. */
export interface ReadySae extends SaeArtifact {
  encoder: SaeEncoder;
}

/** SAEs of the object store, opened when they are asked for; a bounded number stays open. */
export interface SaeLibrary {
  /** Gives an SAE to `work` and keeps it open until that ends; `not-found` where there is none. */
  use<T>(id: string, work: (sae: ReadySae) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

interface Entry {
  sae: Promise<ReadySae>;
  users: number;
}

/** Creates a library that keeps `capacity` SAEs open, least recently used ones go first. */
export function createSaeLibrary(store: ObjectStore, capacity: number): SaeLibrary {
  const entries = new Map<string, Entry>();

  async function open(id: string): Promise<ReadySae> {
    const artifact = await openSaeArtifact(store, id);
    return { ...artifact, encoder: await createSaeEncoder(artifact.sae, { maxRows: BLOCK_ROWS }) };
  }

  function take(id: string, revision: string): Entry {
    const key = `${id}@${revision}`;
    const entry = entries.get(key) ?? { sae: open(id), users: 0 };
    entry.users += 1;
    entries.delete(key);
    entries.set(key, entry);
    entry.sae.catch(() => entries.delete(key));
    return entry;
  }

  async function evict(): Promise<void> {
    for (const [key, entry] of entries) {
      if (entries.size <= capacity) return;
      if (entry.users > 0) continue;
      entries.delete(key);
      await (await entry.sae).encoder.close();
    }
  }

  return {
    async use(id, work) {
      const { revision } = await readSaeManifest(store, id);
      const entry = take(id, revision);
      try {
        return await work(await entry.sae);
      } finally {
        entry.users -= 1;
        await evict();
      }
    },
    async close() {
      const open = [...entries.values()];
      entries.clear();
      for (const entry of open) await entry.sae.then(({ encoder }) => encoder.close()).catch(() => {});
    },
  };
}
