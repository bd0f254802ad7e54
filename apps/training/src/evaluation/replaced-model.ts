import {
  type InferenceServiceDefinition,
  type ScoreReplacementsRequest,
  ScoreTextRequest,
  type SequenceScore,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { answerTensors, flagTensor, floatTensor, idTensor, type ServiceClient } from '@facet/mesh';
import type { BatchLimits, EvaluationBatch } from './evaluation-batches.ts';

/** A model of an inference service, asked to go on from given rows at one of its hook points. */
export interface ReplacedModel {
  client: ServiceClient<typeof InferenceServiceDefinition>;
  /** Resource name. */
  model: string;
  /** The weights that every answer must come from. */
  modelSha256: string;
  hookPoint: string;
  signal: AbortSignal;
}

/** A batch waits its turn behind other callers of the model. */
const SCORE_DEADLINE_MS = 300_000;
/** Limit of ScoreReplacements. */
const MAX_SEQUENCES = 256;
/** Tokens of one request to the model, and bytes of its rows: what evaluation and model hold of them at a time. */
const REQUEST_TOKENS = 4096;
const REQUEST_ROW_BYTES = 32 * 2 ** 20;
/** Rows of one message. */
const MESSAGE_ROW_BYTES = 2 ** 20;

/** How contexts with rows [d_in] go into requests; a longer context is a request of its own. */
export function requestLimits(d_in: number): BatchLimits {
  const tokens = Math.min(REQUEST_TOKENS, Math.max(1, Math.floor(REQUEST_ROW_BYTES / (4 * d_in))));
  return { tokens, contexts: MAX_SEQUENCES };
}

/** Writes the rows [to − from, d_in] of tokens [from, to). */
export type RowsAt = (from: number, to: number) => Float32Array;

/** Rows to go on with; without a mask in place of all. */
interface GivenRows {
  rowsAt: RowsAt;
  width: number;
  mask?: Uint8Array;
  compareWithUnedited?: boolean;
}

/** Scores of one context of T tokens, [T − 1] each. */
interface ContextScores {
  nll: Float32Array;
  uneditedNll: Float32Array | undefined;
  kl: Float32Array | undefined;
}

/** Scores a batch with the model going on from given rows; throws `precondition` where other weights answer. */
export async function scoreWith(
  { client, model, modelSha256, hookPoint, signal }: ReplacedModel,
  { tokenIds, lengths }: EvaluationBatch,
  { rowsAt, width, mask, compareWithUnedited = false }: GivenRows,
): Promise<ContextScores[]> {
  const input = { $case: 'tokens' as const, value: { tokenIds: idTensor(tokenIds), lengths } };
  const replacements = [{ hookPoint, ...(mask && { mask: flagTensor(mask) }) }];
  const request = { model, input, replacements, compareWithUnedited };
  const messages = requestMessages(ScoreTextRequest.fromPartial(request), {
    rowsAt,
    width,
    tokens: tokenIds.length,
  });
  const { scores, lineage } = await client.scoreReplacements(messages, {
    signal,
    deadlineMs: SCORE_DEADLINE_MS,
  });
  if (lineage?.modelSha256 !== modelSha256)
    throw new FacetError('precondition', `${model} was replaced by other weights during the evaluation`, {
      reason: 'LINEAGE_MISMATCH',
    });
  if (scores.length !== lengths.length)
    throw new Error(`inference scored ${scores.length} of ${lengths.length} contexts`);
  return scores.map((found, index) => readScores(found, lengths[index]! - 1, compareWithUnedited));
}

/** The request, then its rows as the model is ready to take them. */
async function* requestMessages(
  request: ScoreTextRequest,
  { rowsAt, width, tokens }: { rowsAt: RowsAt; width: number; tokens: number },
): AsyncGenerator<ScoreReplacementsRequest> {
  yield { part: { $case: 'request', value: request } };
  const step = Math.max(1, Math.floor(MESSAGE_ROW_BYTES / (4 * width)));
  for (let from = 0; from < tokens; from += step) {
    const to = Math.min(tokens, from + step);
    const activations = [floatTensor(rowsAt(from, to), [to - from, width])];
    yield { part: { $case: 'rows', value: { firstToken: from, activations } } };
  }
}

function readScores(score: SequenceScore, count: number, compared: boolean): ContextScores {
  const read = (name: 'nll' | 'uneditedNll' | 'kl') => answerTensors.floats(score[name], [count], name);
  return {
    nll: read('nll'),
    uneditedNll: compared ? read('uneditedNll') : undefined,
    kl: compared ? read('kl') : undefined,
  };
}
