import { createDocuments, type DocumentKind, type ObjectStore } from '@facet/objects';
import { z } from 'zod';
import type { SaeIdentity } from './sae-identity.ts';

const schema: z.ZodType<SaeIdentity> = z.object({
  sae: z.string(),
  sha256: z.string(),
  manifestSha256: z.string(),
});

/**
 * The SAEs that were deleted while something may still be kept of them elsewhere, such as an index and labels. A note stands until
 * whoever keeps those has removed them, however long ClickHouse is away.
 */
export interface DeletedSaes {
  /** Notes that an SAE is about to be deleted; written before anything of it goes. */
  note(sae: SaeIdentity): Promise<void>;
  list(): Promise<SaeIdentity[]>;
  /** Takes a note away: nothing is kept of the SAE any more. */
  forget(sae: SaeIdentity): Promise<void>;
}

/** Keeps the notes in `store`, `deletedSaes/{s}/{hash of its manifest}.json`. */
export function createDeletedSaes(store: ObjectStore): DeletedSaes {
  const documents = createDocuments(store, { collection: 'deletedSaes', resourceType: 'Sae' });
  const noteOf = (manifestSha256: string): DocumentKind<SaeIdentity> => ({
    file: `${manifestSha256}.json`,
    schema,
  });
  return {
    note: (sae) => documents.writeOnce(sae.sae, noteOf(sae.manifestSha256), sae),
    async list() {
      const notes: SaeIdentity[] = [];
      for await (const { key } of store.list('deletedSaes')) {
        const [, sae, manifestSha256] = /^deletedSaes\/([^/]+)\/([^/]+)\.json$/.exec(key) ?? [];
        const note = sae && manifestSha256 && (await documents.find(sae, noteOf(manifestSha256)));
        if (note) notes.push(note);
      }
      return notes;
    },
    forget: ({ sae, manifestSha256 }) => store.delete(documents.key(sae, noteOf(manifestSha256).file)),
  };
}
