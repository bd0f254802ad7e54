import { FacetError, isFacetError, quote } from '@facet/errors';
import { requireRepeated } from '@facet/mesh';
import {
  contentSha256,
  etagOf,
  type PinnedContent,
  type ProfileRecord,
  type ProfileStore,
} from './profile-store.ts';

/** Stored sets of edits; of concurrent changes to one profile, in any number of processes, each sees the one before. */
export interface Profiles {
  /** Stores a new profile; a repeated request gives the first one's profile back. */
  create(id: string, content: PinnedContent, requestId: string): Promise<ProfileRecord>;
  get(id: string): Promise<ProfileRecord>;
  /** Yields the profiles after the id `after`, by id. */
  list(after: string): AsyncGenerator<ProfileRecord>;
  /** Changes a profile; `aborted` where `etag` is given and not the current one. */
  update(id: string, change: Partial<PinnedContent>, etag: string): Promise<ProfileRecord>;
  delete(id: string): Promise<void>;
}

/** Creates the profiles over a store. */
export function createProfiles({ store, now }: { store: ProfileStore; now: () => Date }): Profiles {
  const get = async (id: string) => (await store.find(id)) ?? fail('not-found', id, 'does not exist');
  return {
    get,
    async create(id, content, requestId) {
      const time = now().toISOString();
      const record: ProfileRecord = {
        formatVersion: 1,
        id,
        revision: 1,
        requestId,
        creationSha256: contentSha256(content),
        createTime: time,
        updateTime: time,
        ...content,
      };
      return createOrFind(store, record);
    },
    async *list(after) {
      for (const id of await store.ids()) {
        if (id <= after) continue;
        const record = await store.find(id);
        // It may have been deleted since the ids were read.
        if (record !== undefined) yield record;
      }
    },
    async update(id, change, etag) {
      const updated = await store.update(id, (current) => {
        requireEtag(current, etag);
        const revision = current.revision + 1;
        return { ...current, ...change, revision, updateTime: now().toISOString() };
      });
      return updated ?? fail('not-found', id, 'does not exist');
    },
    async delete(id) {
      if (!(await store.delete(id))) fail('not-found', id, 'does not exist');
    },
  };
}

/** Of several creators of one id one wins; another one that repeats its request is given what it made. */
async function createOrFind(store: ProfileStore, record: ProfileRecord): Promise<ProfileRecord> {
  for (;;) {
    try {
      await store.create(record);
      return record;
    } catch (error) {
      if (!(isFacetError(error) && error.kind === 'exists')) throw error;
    }
    const existing = await store.find(record.id);
    // It may have been deleted since: then the id is free again.
    if (existing) return repeated(existing, record);
  }
}

function repeated(existing: ProfileRecord, asked: ProfileRecord): ProfileRecord {
  requireRepeated(
    {
      collection: 'steeringProfiles',
      resourceType: 'SteeringProfile',
      id: asked.id,
      idField: 'steering_profile_id',
    },
    { requestId: existing.requestId, content: existing.creationSha256 },
    { requestId: asked.requestId, content: asked.creationSha256 },
  );
  return existing;
}

function requireEtag(current: ProfileRecord, etag: string): void {
  const held = etagOf(current);
  if (etag === '' || etag === held) return;
  throw new FacetError(
    'aborted',
    `steeringProfiles/${current.id} was changed meanwhile: its etag is ${held}, not ${quote(etag)}; ` +
      'read it again and repeat the change',
    { reason: 'ETAG_MISMATCH' },
  );
}

function fail(kind: 'not-found', id: string, problem: string): never {
  const resourceName = `steeringProfiles/${id}`;
  throw new FacetError(kind, `${resourceName} ${problem}`, {
    metadata: { resourceType: 'SteeringProfile', resourceName },
  });
}
