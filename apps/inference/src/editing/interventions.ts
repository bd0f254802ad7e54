import { FacetError } from '@facet/errors';

/** Most features of one intervention. */
const MAX_INTERVENTION_FEATURES = 256;
/** Largest |scale| and |offset| of a rule: beyond it single precision keeps nothing of the residual stream. */
const MAX_STRENGTH = 1e6;

/** Edits of n features at one hook point; see `BatchIntervention` for what the numbers mean. */
export interface Intervention {
  hookPoint: string;
  /** n */
  features: number;
  /** [n, d] */
  W_enc_rows: Float32Array;
  /** [n] */
  b_enc: Float32Array;
  /** [n] */
  threshold: Float32Array;
  /** [n, d] */
  W_dec_rows: Float32Array;
  rules: readonly EditRule[];
}

/** f' = scale · f + offset for one feature, at the positions of `scope` where the gate is open. */
export interface EditRule {
  feature: number;
  scale: number;
  offset: number;
  /** The rule applies where f of `gateFeature` is greater than this. @default −Infinity: always */
  gateThreshold: number;
  /** @default the rule's own feature */
  gateFeature: number;
  scope: EditScope;
  /** Whether special tokens are edited too. */
  includeSpecialTokens: boolean;
}

/** Positions of a context: by part, or a half-open range. */
export type EditScope = 'all' | 'prompt' | 'generated' | { start: number; end: number };

export interface InterventionContext {
  n_ctx: number;
  /** Whether contexts have generated positions; without, scope `generated` is refused: it would do nothing. */
  generates: boolean;
  /** Name of the request field, for errors: `interventions` or `variants[0].interventions`. */
  field: string;
}

/** Refuses what cannot be done: unknown places, wrong indices, and strengths that are not finite or absurd. */
export function checkInterventions(
  interventions: readonly Intervention[],
  context: InterventionContext,
): void {
  interventions.forEach((intervention, index) => {
    const field = `${context.field}[${index}]`;
    checkFeatures(intervention, field);
    const ruled = new Set<number>();
    intervention.rules.forEach((rule, ruleIndex) => {
      const ruleField = `${field}.rules[${ruleIndex}]`;
      checkRule(rule, intervention.features, ruleField);
      checkScope(rule.scope, context, ruleField);
      if (ruled.has(rule.feature))
        throw invalid(`feature ${rule.feature} has two rules; give one`, `${ruleField}.feature`);
      ruled.add(rule.feature);
    });
  });
}

/** Tells whether any rule is stated: an intervention without rules only reads. */
export function hasRules(interventions: readonly Intervention[]): boolean {
  return interventions.some(({ rules }) => rules.length > 0);
}

function checkFeatures({ features }: Intervention, field: string): void {
  if (features < 1 || features > MAX_INTERVENTION_FEATURES)
    throw invalid(
      `${features} features in one intervention; from 1 to ${MAX_INTERVENTION_FEATURES} are possible`,
      `${field}.encoder_rows`,
    );
}

function checkRule(rule: EditRule, features: number, field: string): void {
  checkFeature(rule.feature, features, `${field}.feature`);
  checkFeature(rule.gateFeature, features, `${field}.gate_feature`);
  checkStrength(rule.scale, `${field}.scale`);
  checkStrength(rule.offset, `${field}.offset`);
  if (Number.isNaN(rule.gateThreshold) || rule.gateThreshold === Number.POSITIVE_INFINITY)
    throw invalid(`gate_threshold is ${rule.gateThreshold}; give a finite number`, `${field}.gate_threshold`);
}

function checkFeature(feature: number, features: number, field: string): void {
  if (feature >= features)
    throw invalid(
      `feature ${feature} does not exist: the intervention has ${features}, counted from 0`,
      field,
    );
}

function checkStrength(value: number, field: string): void {
  if (!Number.isFinite(value) || Math.abs(value) > MAX_STRENGTH)
    throw invalid(`${value} is no usable strength; give a finite number within ±${MAX_STRENGTH}`, field);
}

function checkScope(scope: EditScope, { generates, n_ctx }: InterventionContext, field: string): void {
  if (scope === 'generated' && !generates)
    throw invalid(
      'scope GENERATED has no positions here: nothing is generated; leave it out or use SPAN',
      `${field}.scope`,
    );
  if (typeof scope === 'string') return;
  if (scope.end <= scope.start || scope.end > n_ctx)
    throw invalid(
      `span [${scope.start}, ${scope.end}) is empty or passes the context of ${n_ctx} tokens`,
      `${field}.span`,
    );
}

function invalid(message: string, field: string): FacetError {
  return new FacetError('invalid', `${field}: ${message}`, { field, reason: 'INVALID_INTERVENTION' });
}
