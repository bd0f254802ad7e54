import {
  type EvaluateSaeRequest,
  type EvaluateSaeResponse,
  EvaluationSelection,
  Lineage as LineageMessage,
  type ModelEvaluation,
  type ReconstructionEvaluation,
  type SaeEvaluation as SaeEvaluationMessage,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { parseName } from '@facet/mesh';
import type {
  EvaluationQuestion,
  ReconstructionMetrics,
  SaeEvaluation,
  SelectionKind,
} from './evaluation-record.ts';
import type { EvaluationEvent } from './sae-evaluations.ts';

/** Tokens that are measured where nothing is asked for, and at most. */
export const DEFAULT_EVALUATION_TOKENS = 100_000;
export const MAX_EVALUATION_TOKENS = 1_000_000;

const SELECTIONS: Readonly<Record<SelectionKind, EvaluationSelection>> = {
  'held-out-documents': EvaluationSelection.HELD_OUT_DOCUMENTS,
  'last-contexts': EvaluationSelection.LAST_CONTEXTS,
  'first-contexts': EvaluationSelection.FIRST_CONTEXTS,
};

/** Reads a request. */
export function readEvaluationQuestion(request: EvaluateSaeRequest): EvaluationQuestion {
  const maxTokens = request.maxTokens || DEFAULT_EVALUATION_TOKENS;
  if (maxTokens > MAX_EVALUATION_TOKENS)
    throw new FacetError('invalid', `max_tokens is ${maxTokens}; the limit is ${MAX_EVALUATION_TOKENS}`, {
      field: 'max_tokens',
    });
  return {
    sae: parseName(request.name, 'saes'),
    activationSet: parseName(request.activationSet, 'activationSets', 'activation_set'),
    maxTokens,
    heldOut: request.heldOut ?? true,
    reconstructionOnly: request.reconstructionOnly,
  };
}

/** Writes progress or the result. */
export function evaluationMessage(
  event: EvaluationEvent,
  { sae, activationSet }: EvaluationQuestion,
): EvaluateSaeResponse {
  if (event.type === 'evaluation') {
    const value = {
      ...toEvaluationMessage(event.evaluation),
      sae: `saes/${sae}`,
      activationSet: `activationSets/${activationSet}`,
    };
    return { event: { $case: 'evaluation', value } };
  }
  const { stage, done, total, rate } = event.progress;
  const etaSeconds = rate > 0 ? (total - done) / rate : undefined;
  const value = { stage, done: BigInt(done), total: BigInt(total), unit: 'tokens', rate, etaSeconds };
  return { event: { $case: 'progress', value } };
}

function toEvaluationMessage(evaluation: SaeEvaluation): Omit<SaeEvaluationMessage, 'sae' | 'activationSet'> {
  const { selection, tokens, contexts, reconstruction, model, lineage, seconds } = evaluation;
  const isAbsent = 'absent' in model;
  return {
    selection: SELECTIONS[selection],
    tokens: BigInt(tokens),
    contexts,
    reconstruction: toReconstruction(reconstruction),
    model: isAbsent ? undefined : toModel(model),
    modelAbsentReason: isAbsent ? model.absent : '',
    lineage: LineageMessage.fromPartial(lineage),
    seconds,
  };
}

function toReconstruction({ density, ...metrics }: ReconstructionMetrics): ReconstructionEvaluation {
  return { ...metrics, density: { edges: density.edges, counts: density.counts.map(BigInt) } };
}

function toModel({
  tokens,
  ...metrics
}: Extract<SaeEvaluation['model'], { tokens: number }>): ModelEvaluation {
  return { ...metrics, tokens: BigInt(tokens) };
}
