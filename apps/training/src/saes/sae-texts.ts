import { readSaeManifest, saeFilesPrefix } from '@facet/artifacts';
import { FacetError } from '@facet/errors';
import { absentAsUndefined, type ObjectStore, readJson, updateJson } from '@facet/objects';
import { z } from 'zod';
import { saeReplaced } from './sae-replaced.ts';

/** What people may write about an SAE. */
const textsSchema = z.object({ displayName: z.string(), description: z.string() });
export type SaeTexts = z.infer<typeof textsSchema>;

/** Longest texts, in characters. */
export const TEXT_LIMITS = { displayName: 200, description: 4000 } as const;

/** The file of texts, beside those of an SAE. */
export const TEXTS_FILE = 'texts.json';

export const NO_TEXTS: SaeTexts = { displayName: '', description: '' };

/** Reads the texts beside an SAE's files, which lie under `prefix`; empty ones where nobody wrote any. */
export async function readTexts(store: ObjectStore, prefix: string): Promise<SaeTexts> {
  const texts = await absentAsUndefined(() => readJson(store, `${prefix}/${TEXTS_FILE}`, textsSchema));
  return texts ?? NO_TEXTS;
}

/**
 * Changes texts field by field: of several callers at once, each changes what it names. Throws `invalid` where one is too long,
 * `aborted` where another SAE took the id meanwhile.
 */
export async function updateTexts(store: ObjectStore, id: string, change: Partial<SaeTexts>): Promise<void> {
  requireShort(change);
  const { manifest, sha256 } = await readSaeManifest(store, id);
  // Beside the files of this very SAE: another one that takes its id meanwhile does not get its texts.
  const key = `${saeFilesPrefix(id, manifest)}/${TEXTS_FILE}`;
  await updateJson(store, key, textsSchema, (current) => ({ ...(current?.value ?? NO_TEXTS), ...change }));
  if ((await readSaeManifest(store, id)).sha256 !== sha256) throw saeReplaced(id, 'its texts were changed');
}

function requireShort(texts: Partial<SaeTexts>): void {
  for (const [name, limit] of Object.entries(TEXT_LIMITS)) {
    const { length } = texts[name as keyof SaeTexts] ?? '';
    if (length <= limit) continue;
    throw new FacetError('invalid', `${name} has ${length} characters; at most ${limit} are kept`, {
      field: name === 'displayName' ? 'sae.display_name' : 'sae.description',
    });
  }
}
