import {
  type EditRule as EditRuleMessage,
  EditScope as EditScopeMessage,
  type Intervention as InterventionMessage,
  type InterventionProof as InterventionProofMessage,
} from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { flagTensor, floatTensor } from '@facet/mesh';
import { MAX_TENSOR_BYTES } from '../limits.ts';
import { hookPointOf } from '../models/hook-point-names.ts';
import type { LoadedModel } from '../models/loaded-model.ts';
import { readFloats } from '../tensor-messages.ts';
import type { InterventionProof } from './edit-proofs.ts';
import { checkInterventions, type EditRule, type EditScope, type Intervention } from './interventions.ts';

/** Most interventions of one variant, context or sequence. */
const MAX_INTERVENTIONS = 64;

export interface ReadInterventionsOptions {
  model: LoadedModel;
  /** Name of the request field: `interventions` or `variants[0].interventions`. */
  field: string;
  /** Whether the call generates: scope `GENERATED` has positions. */
  generates: boolean;
}

/** Reads and checks the interventions of one variant, context or sequence. */
export function readInterventions(
  messages: readonly InterventionMessage[],
  { model, field, generates }: ReadInterventionsOptions,
): Intervention[] {
  if (messages.length > MAX_INTERVENTIONS)
    throw invalid(`${messages.length} interventions; the limit is ${MAX_INTERVENTIONS}`, field);
  const interventions = messages.map((message, index) =>
    readIntervention(message, model, `${field}[${index}]`),
  );
  const { n_ctx } = model.runtime.spec;
  checkInterventions(interventions, { n_ctx, generates, field });
  return interventions;
}

/** Writes the proof of one intervention, in messages whose tensors keep within 1 MiB. */
export function proofMessages(proof: InterventionProof): InterventionProofMessage[] {
  const { features: n, positions } = proof;
  const rows = Math.max(1, Math.floor(MAX_TENSOR_BYTES / (4 * n)));
  const messages: InterventionProofMessage[] = [];
  for (let from = 0; from < positions; from += rows) {
    const to = Math.min(positions, from + rows);
    messages.push({
      sequence: proof.sequence,
      hookPoint: proof.hookPoint,
      firstPosition: proof.firstPosition + from,
      positions: to - from,
      fBefore: floatTensor(proof.fBefore.subarray(from * n, to * n), [to - from, n]),
      fAfter: floatTensor(proof.fAfter.subarray(from * n, to * n), [to - from, n]),
      deltaNorm: floatTensor(proof.deltaNorm.subarray(from, to), [to - from]),
      xNorm: floatTensor(proof.xNorm.subarray(from, to), [to - from]),
      edited: flagTensor(proof.edited.subarray(from, to)),
    });
  }
  return messages;
}

function readIntervention(message: InterventionMessage, model: LoadedModel, field: string): Intervention {
  const { name, width } = hookPointOf(model, message.hookPoint, `${field}.hook_point`);
  const n = message.encoderRows?.shape[0] ?? 0;
  return {
    hookPoint: name,
    features: n,
    W_enc_rows: readFloats(message.encoderRows, ['n', width], `${field}.encoder_rows`),
    b_enc: readFloats(message.encoderBias, [n], `${field}.encoder_bias`),
    threshold: readFloats(message.threshold, [n], `${field}.threshold`),
    W_dec_rows: readFloats(message.decoderRows, [n, width], `${field}.decoder_rows`),
    rules: message.rules.map((rule, index) => readRule(rule, `${field}.rules[${index}]`)),
  };
}

function readRule(message: EditRuleMessage, field: string): EditRule {
  const { feature, scale, offset, gateThreshold, gateFeature, includeSpecialTokens } = message;
  if (gateFeature !== undefined && gateThreshold === undefined)
    throw invalid(
      'gate_feature is set without gate_threshold; state from which value on',
      `${field}.gate_feature`,
    );
  if (gateThreshold !== undefined && !Number.isFinite(gateThreshold))
    throw invalid(`gate_threshold is ${gateThreshold}; give a finite number`, `${field}.gate_threshold`);
  return {
    feature,
    scale,
    offset,
    gateThreshold: gateThreshold ?? Number.NEGATIVE_INFINITY,
    gateFeature: gateFeature ?? feature,
    scope: readScope(message, field),
    includeSpecialTokens,
  };
}

function readScope({ scope, span }: EditRuleMessage, field: string): EditScope {
  if (scope !== EditScopeMessage.SPAN && span !== undefined)
    throw invalid('span is set, but scope is not SPAN', `${field}.span`);
  switch (scope) {
    case EditScopeMessage.UNSPECIFIED:
    case EditScopeMessage.ALL:
      return 'all';
    case EditScopeMessage.PROMPT:
      return 'prompt';
    case EditScopeMessage.GENERATED:
      return 'generated';
    case EditScopeMessage.SPAN:
      if (span === undefined) throw invalid('scope is SPAN, but span is missing', `${field}.span`);
      return { start: span.start, end: span.end };
    default:
      throw invalid(`scope ${scope} is not known here`, `${field}.scope`);
  }
}

function invalid(problem: string, field: string): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field, reason: 'INVALID_INTERVENTION' });
}
