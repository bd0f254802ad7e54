import { EditScope as EditScopeMessage, type FeatureEdit as FeatureEditMessage } from '@facet/contracts';
import { FacetError } from '@facet/errors';
import { type FeatureRef, formatFeatureName, parseFeatureName } from '@facet/mesh';
import { MAX_EDITS, MAX_UNINDEXED_STRENGTH } from '../limits.ts';
import type { EditCondition, EditMode, EditScope, FeatureEdit, ValuedModeKind } from './feature-edit.ts';

/** Reads 1 to 64 edits of different features; `field` is the request field they came in. */
export function readEdits(messages: readonly FeatureEditMessage[], field: string): FeatureEdit[] {
  if (messages.length < 1 || messages.length > MAX_EDITS)
    throw invalid(`${messages.length} edits; give from 1 to ${MAX_EDITS}`, field);
  const edits = messages.map((message, index) => readEdit(message, `${field}[${index}]`));
  const seen = new Set<string>();
  edits.forEach(({ feature }, index) => {
    const name = formatFeatureName(feature);
    if (seen.has(name))
      throw invalid(
        `${name} is edited twice; give one edit for a feature, two would add up`,
        `${field}[${index}].feature`,
        'DUPLICATE_EDIT',
      );
    seen.add(name);
  });
  return edits;
}

/** Reads one edit, with finite values. */
export function readEdit(message: FeatureEditMessage, field: string): FeatureEdit {
  const feature = parseFeatureName(message.feature, `${field}.feature`);
  const mode = readMode(message.mode, field);
  const condition = readCondition(message, feature, field);
  if (mode.kind === 'clamp_if_active' && condition !== undefined && condition.index !== feature.index)
    throw new FacetError(
      'unimplemented',
      `${field}: clamp_if_active cannot have a condition on another feature: an edit has one condition; use clamp`,
      { field: `${field}.condition`, reason: 'TWO_CONDITIONS' },
    );
  const { includeSpecialTokens } = message;
  return { feature, mode, scope: readScope(message, field), includeSpecialTokens, condition };
}

/** Writes an edit as it was asked for. */
export function editMessage({
  feature,
  mode,
  scope,
  includeSpecialTokens,
  condition,
}: FeatureEdit): FeatureEditMessage {
  return {
    feature: formatFeatureName(feature),
    mode:
      mode.kind === 'ablate'
        ? { $case: 'ablate', value: {} }
        : { $case: CASE_OF_KIND[mode.kind], value: mode.value },
    ...scopeMessage(scope),
    includeSpecialTokens,
    condition: condition && {
      feature: formatFeatureName({ saeId: feature.saeId, index: condition.index }),
      greaterThan: condition.greaterThan,
    },
  };
}

/** Writes a scope as its two fields; inference's rules have the same. */
export function scopeMessage(scope: EditScope): Pick<FeatureEditMessage, 'scope' | 'span'> {
  if (typeof scope !== 'string') return { scope: EditScopeMessage.SPAN, span: { ...scope } };
  return { scope: MESSAGE_OF_SCOPE[scope], span: undefined };
}

const MESSAGE_OF_SCOPE = {
  all: EditScopeMessage.ALL,
  prompt: EditScopeMessage.PROMPT,
  generated: EditScopeMessage.GENERATED,
} as const;

const CASE_OF_KIND = {
  clamp: 'clamp',
  clamp_to_max: 'clampToMax',
  clamp_if_active: 'clampIfActive',
  scale: 'scale',
  add: 'add',
} as const satisfies Record<ValuedModeKind, NonNullable<FeatureEditMessage['mode']>['$case']>;

const KIND_OF_CASE = Object.fromEntries(
  Object.entries(CASE_OF_KIND).map(([kind, name]) => [name, kind]),
) as Record<(typeof CASE_OF_KIND)[ValuedModeKind], ValuedModeKind>;

function readMode(mode: FeatureEditMessage['mode'], field: string): EditMode {
  if (mode === undefined) {
    const known = [...Object.keys(CASE_OF_KIND), 'ablate'].join(', ');
    throw invalid(`the mode is missing; give one of ${known}`, `${field}.mode`);
  }
  if (mode.$case === 'ablate') return { kind: 'ablate' };
  const kind = KIND_OF_CASE[mode.$case];
  requireFinite(mode.value, `${field}.${kind}`);
  return { kind, value: mode.value };
}

function readCondition(
  { condition }: FeatureEditMessage,
  feature: FeatureRef,
  field: string,
): EditCondition | undefined {
  if (condition === undefined) return undefined;
  const { saeId, index } = parseFeatureName(condition.feature, `${field}.condition.feature`);
  if (saeId !== feature.saeId)
    throw invalid(
      `the condition is on saes/${saeId}, the edit on saes/${feature.saeId}; both must be of one SAE`,
      `${field}.condition.feature`,
    );
  const at = `${field}.condition.greater_than`;
  requireFinite(condition.greaterThan, at);
  if (condition.greaterThan < 0 || condition.greaterThan > MAX_UNINDEXED_STRENGTH)
    throw invalid(
      `${condition.greaterThan} is no activation to wait for; give 0 to ${MAX_UNINDEXED_STRENGTH}`,
      at,
    );
  return { index, greaterThan: condition.greaterThan };
}

function readScope({ scope, span }: FeatureEditMessage, field: string): EditScope {
  if (scope !== EditScopeMessage.SPAN && span !== undefined)
    throw invalid('span is set, but scope is not EDIT_SCOPE_SPAN', `${field}.span`);
  switch (scope) {
    case EditScopeMessage.UNSPECIFIED:
    case EditScopeMessage.ALL:
      return 'all';
    case EditScopeMessage.PROMPT:
      return 'prompt';
    case EditScopeMessage.GENERATED:
      return 'generated';
    case EditScopeMessage.SPAN:
      if (span === undefined || span.end <= span.start)
        throw invalid('scope is EDIT_SCOPE_SPAN, but span is missing or empty', `${field}.span`);
      return { start: span.start, end: span.end };
    default:
      throw invalid(`scope ${scope} is not known here`, `${field}.scope`);
  }
}

function requireFinite(value: number, field: string): void {
  if (!Number.isFinite(value)) throw invalid(`${value} is not a finite number`, field, 'NON_FINITE_VALUE');
}

function invalid(problem: string, field: string, reason = 'INVALID_EDIT'): FacetError {
  return new FacetError('invalid', `${field}: ${problem}`, { field, reason });
}
