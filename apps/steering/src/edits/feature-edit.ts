import type { FeatureRef } from '@facet/mesh';
import { z } from 'zod';

/** What to do with one feature; stored in profiles as it is here. */
export interface FeatureEdit {
  feature: FeatureRef;
  mode: EditMode;
  scope: EditScope;
  /** Whether BOS and other special tokens are edited too. */
  includeSpecialTokens: boolean;
  /** Undefined: the edit applies everywhere in its scope. */
  condition?: EditCondition | undefined;
}

/** How f' follows from f. */
export type EditMode = { kind: ValuedModeKind; value: number } | { kind: 'ablate' };
export type ValuedModeKind = 'clamp' | 'clamp_to_max' | 'clamp_if_active' | 'scale' | 'add';

/** Positions of the context: by part, or a half-open range. */
export type EditScope = 'all' | 'prompt' | 'generated' | { start: number; end: number };

/** Holds where the feature `index` of the same SAE is greater than a value. */
export interface EditCondition {
  index: number;
  greaterThan: number;
}

const index = z.number().int().nonnegative();
const valuedMode = z.object({
  kind: z.enum(['clamp', 'clamp_to_max', 'clamp_if_active', 'scale', 'add']),
  value: z.number(),
});

/** Checks a stored edit. */
export const featureEditSchema: z.ZodType<FeatureEdit> = z.object({
  feature: z.object({ saeId: z.string(), index }),
  mode: z.union([valuedMode, z.object({ kind: z.literal('ablate') })]),
  scope: z.union([z.enum(['all', 'prompt', 'generated']), z.object({ start: index, end: index })]),
  includeSpecialTokens: z.boolean(),
  condition: z.object({ index, greaterThan: z.number() }).optional(),
});
