import { isFacetError } from '@facet/errors';
import { openObjectStore } from '@facet/objects';
import { answerTasks } from '@facet/objects/testing';
import { createProfileStore, etagOf, type PinnedContent } from '../profiles/profile-store.ts';
import { createProfiles } from '../profiles/profiles.ts';

/** What a racing process does with the profile `id`; every entry is done by a caller of its own, at once. */
export interface ProfileTask {
  url: string;
  id: string;
  calls: ProfileCall[];
}

export type ProfileCall =
  | { do: 'create'; content: PinnedContent; requestId: string }
  /** An empty etag: whatever stands is changed. */
  | { do: 'update'; change: Partial<PinnedContent>; etag: string }
  | { do: 'delete' };

/** The etag of what the caller made, or the kind of its error. */
export interface ProfileAnswer {
  etag?: string;
  refused?: string;
}

/** A process for tests: many callers use one profile at once. */
answerTasks(async ({ url, id, calls }: ProfileTask): Promise<ProfileAnswer[]> => {
  const profiles = createProfiles({
    store: createProfileStore(openObjectStore(url)),
    now: () => new Date(),
  });
  const act = async (call: ProfileCall) => {
    if (call.do === 'create') return etagOf(await profiles.create(id, call.content, call.requestId));
    if (call.do === 'update') return etagOf(await profiles.update(id, call.change, call.etag));
    await profiles.delete(id);
    return '';
  };
  return Promise.all(
    calls.map((call) =>
      act(call).then(
        (etag) => ({ etag }),
        (error) => {
          if (isFacetError(error)) return { refused: error.kind };
          throw error;
        },
      ),
    ),
  );
});
