import { FacetError, isFacetError, quote } from '@facet/errors';
import { requireRepeated } from '@facet/mesh';
import { createOneAtATime } from './one-at-a-time.ts';
import {
  contentSha256,
  etagOf,
  type PinnedContent,
  type ProfileRecord,
  type ProfileStore,
} from './profile-store.ts';

/** Stored sets of edits; of concurrent changes to one profile in this process each sees the one before. */
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
  const inTurn = createOneAtATime();
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
      try {
        await store.create(record);
        return record;
      } catch (error) {
        if (!(isFacetError(error) && error.kind === 'exists')) throw error;
        return repeated(await get(id), record);
      }
    },
    async *list(after) {
      for (const id of await store.ids()) {
        if (id <= after) continue;
        const record = await store.find(id);
        // It may have been deleted since the ids were read.
        if (record !== undefined) yield record;
      }
    },
    update: (id, change, etag) =>
      inTurn(id, async () => {
        const current = await get(id);
        requireEtag(current, etag);
        const record = {
          ...current,
          ...change,
          revision: current.revision + 1,
          updateTime: now().toISOString(),
        };
        await store.replace(record);
        return record;
      }),
    delete: (id) =>
      inTurn(id, async () => {
        await get(id);
        await store.delete(id);
      }),
  };
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
