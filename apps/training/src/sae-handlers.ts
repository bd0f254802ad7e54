import type { SaeServiceImplementation } from '@facet/contracts';
import { FacetError, quote } from '@facet/errors';
import {
  decodePageToken,
  encodePageToken,
  pageSize,
  parseId,
  parseName,
  type ServedCallContext,
} from '@facet/mesh';
import { z } from 'zod';
import { evaluationMessage, readEvaluationQuestion } from './evaluation/evaluation-messages.ts';
import type { SaeEvaluations } from './evaluation/sae-evaluations.ts';
import { encodeRows, featureDirections } from './saes/encode-features.ts';
import type { LoadedSaes } from './saes/loaded-saes.ts';
import { formatMessage, readFormat } from './saes/sae-formats.ts';
import { toSae } from './saes/sae-messages.ts';
import type { SaeRegistry } from './saes/sae-registry.ts';
import type { SaeTexts } from './saes/sae-texts.ts';
import { PAGE_SIZES } from './training-handlers.ts';

export interface SaeHandlersOptions {
  registry: SaeRegistry;
  loaded: LoadedSaes;
  evaluations: SaeEvaluations;
}

/** Answers facet.sae.v1.SaeService. */
export function createSaeHandlers({
  registry,
  loaded,
  evaluations,
}: SaeHandlersOptions): SaeServiceImplementation<ServedCallContext> {
  const id = (name: string) => parseName(name, 'saes');
  return {
    getSae: async ({ name }) => ({ sae: toSae(await registry.get(id(name))) }),
    async listSaes({ pageSize: requested, pageToken }) {
      const size = pageSize(requested, PAGE_SIZES);
      const page = await registry.list(decodePageToken(pageToken, z.string()) ?? '', size + 1);
      const shown = page.slice(0, size);
      const last = shown.at(-1)?.id;
      return {
        saes: shown.map(toSae),
        nextPageToken: page.length > size && last !== undefined ? encodePageToken(last) : '',
      };
    },
    async updateSae({ sae, updateMask }) {
      if (!sae)
        throw new FacetError('invalid', 'sae is missing; give its name and new texts', { field: 'sae' });
      const change = readTexts(
        { displayName: sae.displayName ?? '', description: sae.description ?? '' },
        updateMask,
      );
      return { sae: toSae(await registry.updateTexts(id(sae.name ?? ''), change)) };
    },
    async deleteSae({ name }) {
      await registry.delete(id(name));
      return {};
    },
    async importSae({ saeId, uri, format, model, hookPoint, inputScale }, { signal }) {
      const modelId = model === '' ? '' : parseName(model, 'models', 'model');
      const request = { id: parseId(saeId, 'sae_id'), uri, modelId, hookPoint, inputScale };
      const { sae, notices } = await registry.importFrom({ ...request, format: readFormat(format) }, signal);
      return { sae: toSae(sae), notices };
    },
    async exportSae({ name, uri, format: requested }) {
      const format = readFormat(requested) ?? 'saelens';
      const { files, conversions } = await registry.exportTo(id(name), uri, format);
      return { files, format: formatMessage(format), conversions: [...conversions] };
    },
    encodeActivations: async ({ name, activations }) => encodeRows(await loaded.get(id(name)), activations),
    batchGetDirections: async ({ name, features }) => featureDirections(await loaded.get(id(name)), features),
    async *evaluateSae(request, { signal }) {
      const question = readEvaluationQuestion(request);
      for await (const event of evaluations.evaluate(question, signal))
        yield evaluationMessage(event, question);
    },
  };
}

/** The texts that an update mask names; an empty mask names all. */
function readTexts(texts: SaeTexts, mask: readonly string[] | undefined): Partial<SaeTexts> {
  if (!mask || mask.length === 0) return texts;
  const change: Partial<SaeTexts> = {};
  for (const path of mask) {
    if (path === 'display_name' || path === 'displayName') change.displayName = texts.displayName;
    else if (path === 'description') change.description = texts.description;
    else {
      const message = `${quote(path)} cannot be updated; display_name and description can`;
      throw new FacetError('invalid', message, { field: 'update_mask' });
    }
  }
  return change;
}
