import { SteeringProfile } from '@facet/contracts';
import { FacetError, quote } from '@facet/errors';
import { encodePageToken, formatName, parseName } from '@facet/mesh';
import { editMessage, readEdits } from '../edits/edit-messages.ts';
import { MAX_DESCRIPTION_CHARS, MAX_DISPLAY_NAME_CHARS, MAX_PAGE_BYTES } from '../limits.ts';
import { etagOf, type ProfileContent, type ProfileRecord } from './profile-store.ts';

const FIELD = 'steering_profile';

/** Writes a profile. */
export function profileMessage(record: ProfileRecord): SteeringProfile {
  const { id, displayName, description, model, edits, createTime, updateTime } = record;
  return {
    name: formatName('steeringProfiles', id),
    displayName,
    description,
    model,
    edits: edits.map(editMessage),
    createTime: new Date(createTime),
    updateTime: new Date(updateTime),
    etag: etagOf(record),
    saes: Object.entries(record.saes ?? {}).map(([id, saeSha256]) => ({
      sae: formatName('saes', id),
      saeSha256,
    })),
  };
}

/** Reads the profile of a request that carries one. */
export function requireProfile(profile: SteeringProfile | undefined): SteeringProfile {
  if (profile !== undefined) return profile;
  throw invalid('it is missing', FIELD);
}

/** Reads everything that people say in a profile. */
export function readContent(profile: SteeringProfile): ProfileContent {
  const { model } = profile;
  if (model !== '') parseName(model, 'models', `${FIELD}.model`);
  return {
    displayName: readDisplayName(profile),
    description: readDescription(profile),
    model,
    edits: readEdits(profile.edits, `${FIELD}.edits`),
  };
}

const READERS = {
  display_name: (profile: SteeringProfile) => ({ displayName: readDisplayName(profile) }),
  description: (profile: SteeringProfile) => ({ description: readDescription(profile) }),
  edits: (profile: SteeringProfile) => ({ edits: readEdits(profile.edits, `${FIELD}.edits`) }),
};

/** Reads the fields that an update mask names; refuses an empty mask and fields that cannot be changed. */
export function readChange(profile: SteeringProfile, mask: readonly string[] = []): Partial<ProfileContent> {
  const known = Object.keys(READERS).join(', ');
  if (mask.length === 0) throw invalid(`it is empty; name some of ${known}`, 'update_mask');
  const change: Partial<ProfileContent> = {};
  for (const path of mask) {
    if (!Object.hasOwn(READERS, path))
      throw invalid(`${quote(path)} cannot be changed; name some of ${known}`, 'update_mask');
    Object.assign(change, READERS[path as keyof typeof READERS](profile));
  }
  return change;
}

/** Gathers one page: `count` profiles, or as many as fit a message. */
export async function profilePage(
  records: AsyncIterable<ProfileRecord>,
  count: number,
): Promise<{ steeringProfiles: SteeringProfile[]; nextPageToken: string }> {
  const steeringProfiles: SteeringProfile[] = [];
  let bytes = 0;
  let last = '';
  for await (const record of records) {
    const message = profileMessage(record);
    bytes += SteeringProfile.encode(message).finish().byteLength;
    const isFull =
      steeringProfiles.length === count || (bytes > MAX_PAGE_BYTES && steeringProfiles.length > 0);
    if (isFull) return { steeringProfiles, nextPageToken: encodePageToken(last, PROFILE_LIST) };
    steeringProfiles.push(message);
    last = record.id;
  }
  return { steeringProfiles, nextPageToken: '' };
}

/** What page tokens of profile lists belong to. */
export const PROFILE_LIST = 'steeringProfiles';

function readDisplayName({ displayName }: SteeringProfile): string {
  return requireShort(displayName, MAX_DISPLAY_NAME_CHARS, `${FIELD}.display_name`);
}

function readDescription({ description }: SteeringProfile): string {
  return requireShort(description, MAX_DESCRIPTION_CHARS, `${FIELD}.description`);
}

function requireShort(text: string, limit: number, field: string): string {
  if (text.length <= limit) return text;
  throw invalid(`it has ${text.length} characters; the limit is ${limit}`, field);
}

function invalid(problem: string, field: string): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field });
}
