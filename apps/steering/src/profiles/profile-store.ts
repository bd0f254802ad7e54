import { createHash } from 'node:crypto';
import { FacetError, isFacetError } from '@facet/errors';
import {
  absentAsUndefined,
  type ObjectStore,
  readJson,
  readJsonVersion,
  updateJson,
  type VersionedJson,
  writeJson,
} from '@facet/objects';
import { z } from 'zod';
import { type FeatureEdit, featureEditSchema } from '../edits/feature-edit.ts';
import type { PinnedSaes } from '../planning/pinned-saes.ts';

/** A profile as it is stored, `steeringProfiles/{id}.json`. */
export interface ProfileRecord extends PinnedContent {
  formatVersion: 1;
  id: string;
  /** 1 at creation, one more with every update. */
  revision: number;
  /** "" where the creator gave none. */
  requestId: string;
  /** Hash of the content at creation, to tell a repeated request from another one. */
  creationSha256: string;
  /** RFC 3339, UTC. */
  createTime: string;
  updateTime: string;
}

/** What people say in a profile. */
export interface ProfileContent {
  displayName: string;
  description: string;
  /** Resource name of a model; empty: the one of the edits' SAE. */
  model: string;
  edits: readonly FeatureEdit[];
}

/** What is kept with the edits: they are for these SAEs alone. */
export interface PinnedContent extends ProfileContent {
  /** Undefined in profiles from before they named their SAEs. */
  saes?: PinnedSaes | undefined;
}

/** Profiles in the object store. */
export interface ProfileStore {
  /** Writes a new profile; `exists` where the id is taken. */
  create(record: ProfileRecord): Promise<void>;
  /**
   * Replaces the profile that stands by what `change` makes of it; called again where another writer came first. What it
   * throws ends the update. Undefined where there is none.
   */
  update(id: string, change: (current: ProfileRecord) => ProfileRecord): Promise<ProfileRecord | undefined>;
  find(id: string): Promise<ProfileRecord | undefined>;
  /** All ids, in order. */
  ids(): Promise<string[]>;
  /** Removes the profile that stands; of several callers at once one does. False where there is none. */
  delete(id: string): Promise<boolean>;
}

const FOLDER = 'steeringProfiles';

const recordSchema: z.ZodType<ProfileRecord> = z.object({
  formatVersion: z.literal(1),
  id: z.string(),
  revision: z.number().int().positive(),
  requestId: z.string(),
  creationSha256: z.string(),
  createTime: z.string(),
  updateTime: z.string(),
  displayName: z.string(),
  description: z.string(),
  model: z.string(),
  edits: z.array(featureEditSchema),
  saes: z.record(z.string(), z.string()).optional(),
});

/** Keeps profiles in `store`. */
export function createProfileStore(store: ObjectStore): ProfileStore {
  const keyOf = (id: string) => `${FOLDER}/${id}.json`;
  return {
    create: async (record) => {
      await writeJson(store, keyOf(record.id), record, { ifAbsent: true });
    },
    update: (id, change) => updateExisting(store, keyOf(id), change),
    find: (id) => absentAsUndefined(() => readJson(store, keyOf(id), recordSchema)),
    async ids() {
      const ids: string[] = [];
      for await (const { key } of store.list(FOLDER)) {
        const id = /^steeringProfiles\/([^/]+)\.json$/.exec(key)?.[1];
        if (id !== undefined) ids.push(id);
      }
      // Keys are ordered with their `.json`, which puts `a-b` before `a`.
      return ids.sort();
    },
    delete: (id) => deleteExisting(store, keyOf(id)),
  };
}

async function updateExisting(
  store: ObjectStore,
  key: string,
  change: (current: ProfileRecord) => ProfileRecord,
): Promise<ProfileRecord | undefined> {
  const changeExisting = (current: VersionedJson<ProfileRecord> | undefined) => {
    if (current) return change(current.value);
    throw new FacetError('not-found', `${key} does not exist`);
  };
  const updated = await absentAsUndefined(() => updateJson(store, key, recordSchema, changeExisting));
  return updated?.value;
}

async function deleteExisting(store: ObjectStore, key: string): Promise<boolean> {
  for (;;) {
    const found = await absentAsUndefined(() => readJsonVersion(store, key, recordSchema));
    if (!found) return false;
    try {
      await store.delete(key, { ifMatch: found.version });
      return true;
    } catch (error) {
      // It was changed or deleted meanwhile; each time another caller has come to its end.
      if (!(isFacetError(error) && error.kind === 'aborted')) throw error;
    }
  }
}

/** Hash of everything in a record, in whatever order it holds it: another one after every update. */
export function etagOf(record: ProfileRecord): string {
  return sha256(recordSchema.parse(record)).slice(0, 16);
}

/** Hash of a profile's content. */
export function contentSha256({ displayName, description, model, edits }: ProfileContent): string {
  return sha256({ displayName, description, model, edits });
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
