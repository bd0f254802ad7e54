import type { GenerateSteeredTextRequest, SteeringServiceImplementation } from '@facet/contracts';
import { FacetError, quote } from '@facet/errors';
import {
  decodePageToken,
  type Logger,
  pageSize,
  parseId,
  parseName,
  parseRequestId,
  type ServedCallContext,
} from '@facet/mesh';
import { z } from 'zod';
import { readEdit, readEdits } from './edits/edit-messages.ts';
import { measureDoseResponse } from './generation/dose-response.ts';
import { generateSteeredText, type SteeredTextQuestion } from './generation/generate-steered-text.ts';
import { chatPrompt, readPrompt, textPrompt } from './generation/prompts.ts';
import { PROFILE_PAGES } from './limits.ts';
import type { Peers } from './peers.ts';
import { pinSaes } from './planning/pinned-saes.ts';
import type { SteeringQuestion } from './planning/steering-question.ts';
import {
  PROFILE_LIST,
  profileMessage,
  profilePage,
  readChange,
  readContent,
  requireProfile,
} from './profiles/profile-messages.ts';
import type { Profiles } from './profiles/profiles.ts';

export interface SteeringHandlersOptions {
  peers: Peers;
  profiles: Profiles;
  logger: Logger;
}

/** Creates the handlers of facet.steering.v1.SteeringService. */
export function createSteeringHandlers({
  peers,
  profiles,
  logger,
}: SteeringHandlersOptions): SteeringServiceImplementation<ServedCallContext> {
  const idOf = (name: string, field = 'name') => parseName(name, 'steeringProfiles', field);
  return {
    async *generateSteeredText(request, { signal }) {
      const question = await readQuestion(request, profiles);
      yield* generateSteeredText(question, { peers, logger, signal });
    },

    async *measureDoseResponse({ model, edit, strengths, sampling, ...request }, { signal }) {
      if (edit === undefined) throw new FacetError('invalid', 'edit: it is missing', { field: 'edit' });
      const prompts = [
        ...request.prompts.map((text, index) => textPrompt(text, `prompts[${index}]`)),
        ...request.chats.map((chat, index) => chatPrompt(chat, `chats[${index}]`)),
      ];
      const question = { model, prompts, edit: readEdit(edit, 'edit'), strengths, sampling };
      yield* measureDoseResponse(question, { peers, logger, signal });
    },

    async createSteeringProfile({ steeringProfileId, steeringProfile, requestId: requested }, { signal }) {
      const id = parseId(steeringProfileId, 'steering_profile_id');
      const content = readContent(requireProfile(steeringProfile));
      const requestId = parseRequestId(requested);
      const saes = await pinSaes(peers.saes, content.edits, signal);
      const record = await profiles.create(id, { ...content, saes }, requestId);
      return { steeringProfile: profileMessage(record) };
    },

    async getSteeringProfile({ name }) {
      return { steeringProfile: profileMessage(await profiles.get(idOf(name))) };
    },

    async listSteeringProfiles({ pageSize: requested, pageToken }) {
      const after = decodePageToken(pageToken, z.string(), PROFILE_LIST) ?? '';
      return profilePage(profiles.list(after), pageSize(requested, PROFILE_PAGES));
    },

    async updateSteeringProfile({ steeringProfile, updateMask }, { signal }) {
      const profile = requireProfile(steeringProfile);
      const id = idOf(profile.name, 'steering_profile.name');
      const change = readChange(profile, updateMask);
      const pinned = change.edits && { saes: await pinSaes(peers.saes, change.edits, signal) };
      const record = await profiles.update(id, { ...change, ...pinned }, profile.etag);
      return { steeringProfile: profileMessage(record) };
    },

    async deleteSteeringProfile({ name }) {
      await profiles.delete(idOf(name));
      return {};
    },
  };
}

async function readQuestion(
  request: GenerateSteeredTextRequest,
  profiles: Profiles,
): Promise<SteeredTextQuestion> {
  const { sampling, steeredOnly, skipComparison, requireEffect, skipProofs } = request;
  const prompt = readPrompt(request.prompt, request.chat);
  const options = { prompt, sampling, steeredOnly, skipComparison, requireEffect, skipProofs };
  return { ...(await readSteering(request, profiles)), ...options };
}

/** The edits of the request, or of the profile that it names. */
async function readSteering(
  { model, edits, profile }: GenerateSteeredTextRequest,
  profiles: Profiles,
): Promise<SteeringQuestion> {
  if (profile === '') {
    return { model, edits: readEdits(edits, 'edits'), fieldOf: (edit) => `edits[${edit}]` };
  }
  if (edits.length > 0)
    throw new FacetError('invalid', 'profile: edits are given too; give one of the two', {
      field: 'profile',
    });
  const stored = await profiles.get(parseName(profile, 'steeringProfiles', 'profile'));
  if (model !== '' && stored.model !== '' && model !== stored.model)
    throw new FacetError('invalid', `model: ${profile} steers ${stored.model}, not ${quote(model)}`, {
      field: 'model',
    });
  return {
    model: model || stored.model,
    edits: stored.edits,
    fieldOf: (edit) => `${profile}.edits[${edit}]`,
    pin: { profile, saes: stored.saes, createTime: stored.createTime },
  };
}
