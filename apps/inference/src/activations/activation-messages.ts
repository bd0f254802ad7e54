import {
  type ActivationsHeader,
  type ComputeActivationsRequest,
  type ComputeActivationsResponse,
  DataType,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { tensorMessage } from '@facet/mesh';
import type { FloatDType } from '@facet/tensor';
import { proofMessages, readInterventions } from '../editing/intervention-messages.ts';
import { planInterventions } from '../editing/intervention-plan.ts';
import type { LoadedModel } from '../models/loaded-model.ts';
import { lineageMessage } from '../models/model-messages.ts';
import { tokenBatch } from '../tokens/token-batches.ts';
import { readInput, requireResponseFits, textBytes, tokenDetails } from '../tokens/token-messages.ts';
import type { ActivationRows } from './activation-blocks.ts';
import type { ActivationsEvent, ActivationsQuestion } from './compute-activations.ts';
import { readPointsOf } from './read-points.ts';

/** Most contexts and tokens of one ComputeActivations. */
const MAX_ACTIVATION_CONTEXTS = 4096;
const MAX_ACTIVATION_TOKENS = 262_144;

/** Reads a ComputeActivations request for `model`. */
export async function readActivationsRequest(
  request: ComputeActivationsRequest,
  model: LoadedModel,
  signal: AbortSignal,
): Promise<ActivationsQuestion> {
  const dtype = readDtype(request.dtype);
  // What is wrong with the names is said before texts are tokenized.
  readPointsOf(model, request.hookPoints, { dtype, lengths: [] });
  const interventions = readInterventions(request.interventions, {
    model,
    field: 'interventions',
    generates: false,
  });
  const limits = { maxSequences: MAX_ACTIVATION_CONTEXTS, maxTokens: MAX_ACTIVATION_TOKENS, signal };
  const sequences = await readInput(request.input, model, limits);
  const hookPoints = readPointsOf(model, request.hookPoints, { dtype, lengths: sequences.lengths });
  return { model, hookPoints, dtype, plan: planInterventions([interventions]), sequences };
}

/** Writes the header: what is going to be run. */
export async function activationsHeader(
  { model, sequences }: ActivationsQuestion,
  texts: { wanted: boolean; signal: AbortSignal },
): Promise<ComputeActivationsResponse> {
  const details = await tokenDetails(model, sequences.ids, texts);
  const bytes = 5 * sequences.ids.length + textBytes(details.tokenTexts);
  requireResponseFits(bytes, 'ask for fewer tokens, or leave include_token_texts out');
  const value: ActivationsHeader = {
    tokens: tokenBatch(sequences),
    ...details,
    lineage: lineageMessage(model),
  };
  return { event: { $case: 'header', value } };
}

/** Writes blocks and proofs as they come. */
export function activationsMessages(event: ActivationsEvent): ComputeActivationsResponse[] {
  if (event.type === 'block') return [{ event: { $case: 'block', value: blockMessage(event.block) } }];
  return proofMessages(event.proof).map((value) => ({ event: { $case: 'proof', value } }));
}

function blockMessage({ hookPoint, firstRow, rows, shape, dtype, data }: ActivationRows) {
  const activations = tensorMessage(DataType[dtype], [rows, ...shape], data);
  return { hookPoint, firstRow, activations };
}

function readDtype(dtype: DataType): FloatDType {
  if (dtype === DataType.UNSPECIFIED || dtype === DataType.F32) return 'F32';
  if (dtype === DataType.F16) return 'F16';
  if (dtype === DataType.BF16) return 'BF16';
  throw invalid(`activations come as F32, F16 or BF16, not as ${dtype}`, 'dtype');
}

function invalid(problem: string, field: string): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field });
}
