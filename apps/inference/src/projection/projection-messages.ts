import type { ProjectToVocabularyRequest, ProjectToVocabularyResponse } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import type { TokenLogit } from '@facet/transformer/sampling';
import type { LoadedModel } from '../models/loaded-model.ts';
import { readFloats } from '../tensor-messages.ts';
import type { Projection, ProjectionQuestion } from './project-vocabulary.ts';

/** Most tokens returned for one direction and end of ProjectToVocabulary, and when none is asked for. */
const MAX_PROJECTED_TOKENS = 1000;
const DEFAULT_PROJECTED_TOKENS = 10;
/** Most entries of one ProjectToVocabulary response: keeps it under 4 MiB. */
const MAX_PROJECTION_ENTRIES = 131_072;

/** Reads a ProjectToVocabulary request for `model`. */
export function readProjectionRequest(
  request: ProjectToVocabularyRequest,
  model: LoadedModel,
): ProjectionQuestion {
  const { d_model } = model.runtime.spec;
  const directions = readFloats(request.directions, ['n', d_model], 'directions');
  const rows = directions.length / d_model;
  if (rows === 0) throw invalid('there are no directions: give at least one', 'directions');
  const top = readCount(request.top, 'top');
  const bottom = readCount(request.bottom, 'bottom');
  if (rows * (top + bottom) > MAX_PROJECTION_ENTRIES)
    throw new FacetError(
      'invalid',
      `${rows} directions with ${top} and ${bottom} tokens each make ${rows * (top + bottom)} entries; the limit is ` +
        `${MAX_PROJECTION_ENTRIES}: send fewer directions at once`,
      { field: 'directions', reason: 'RESPONSE_TOO_LARGE' },
    );
  return { model, directions, rows, top, bottom, foldFinalNorm: request.applyFinalNormWeight ?? true };
}

/** Writes the answer. */
export async function projectionMessage(
  { model }: ProjectionQuestion,
  projections: readonly Projection[],
  signal: AbortSignal,
): Promise<ProjectToVocabularyResponse> {
  const ids = [...new Set(projections.flatMap(({ top, bottom }) => [...top, ...bottom].map(({ id }) => id)))];
  const read = await model.tokenizer.tokenTexts(ids, signal);
  const texts = new Map(ids.map((id, index) => [id, read[index]!]));
  const entries = (tokens: readonly TokenLogit[]) =>
    tokens.map(({ id, logit }) => ({ tokenId: id, text: texts.get(id)!, logit }));
  return {
    projections: projections.map(({ top, bottom }) => ({ top: entries(top), bottom: entries(bottom) })),
  };
}

function readCount(asked: number, field: string): number {
  if (asked > MAX_PROJECTED_TOKENS)
    throw invalid(`${asked} tokens; the limit is ${MAX_PROJECTED_TOKENS}`, field);
  return asked === 0 ? DEFAULT_PROJECTED_TOKENS : asked;
}

function invalid(problem: string, field: string): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field });
}
