import {
  type ActivationsHeader,
  type ComputeActivationsRequest,
  type ComputeActivationsResponse,
  DataType,
} from '@facet/contracts';
import { FacetError, quote } from '@facet/errors';
import { tensorMessage } from '@facet/mesh';
import type { FloatDType } from '@facet/tensor';
import { proofMessages, readInterventions } from '../editing/intervention-messages.ts';
import { planInterventions } from '../editing/intervention-plan.ts';
import { hookPointOf } from '../models/hook-point-names.ts';
import type { LoadedModel } from '../models/loaded-model.ts';
import { lineageMessage } from '../models/model-messages.ts';
import { tokenBatch } from '../tokens/token-batches.ts';
import { readInput, requireResponseFits, textBytes, tokenDetails } from '../tokens/token-messages.ts';
import type { ActivationRows } from './activation-blocks.ts';
import type { ActivationsEvent, ActivationsQuestion } from './compute-activations.ts';

/** Most contexts and tokens of one ComputeActivations. */
const MAX_ACTIVATION_CONTEXTS = 4096;
const MAX_ACTIVATION_TOKENS = 262_144;
/** Most hook points read by one ComputeActivations. */
const MAX_HOOK_POINTS = 64;

/** Reads a ComputeActivations request for `model`. */
export async function readActivationsRequest(
  request: ComputeActivationsRequest,
  model: LoadedModel,
  signal: AbortSignal,
): Promise<ActivationsQuestion> {
  const hookPoints = readHookPoints(request.hookPoints, model);
  const dtype = readDtype(request.dtype);
  const interventions = readInterventions(request.interventions, {
    model,
    field: 'interventions',
    generates: false,
  });
  const limits = { maxSequences: MAX_ACTIVATION_CONTEXTS, maxTokens: MAX_ACTIVATION_TOKENS, signal };
  const sequences = await readInput(request.input, model, limits);
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

function blockMessage({ hookPoint, firstRow, rows, width, dtype, data }: ActivationRows) {
  const activations = tensorMessage(DataType[dtype], [rows, width], data);
  return { hookPoint, firstRow, activations };
}

function readHookPoints(names: readonly string[], model: LoadedModel) {
  if (names.length === 0 || names.length > MAX_HOOK_POINTS)
    throw invalid(`${names.length} hook points; from 1 to ${MAX_HOOK_POINTS} are possible`, 'hook_points');
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid(`${quote(twice)} is asked for twice`, 'hook_points');
  return names.map((name, index) => hookPointOf(model, name, `hook_points[${index}]`));
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
