import { FacetError } from '@facet/errors';
import { z } from 'zod';

/** Where an artifact comes from; hashes are sha256 in lower-case hexadecimal, ids are resource ids. */
export interface Lineage {
  modelId: string;
  /** Hash of the model's weights. */
  modelSha256: string;
  tokenizerSha256: string;
  corpusSha256?: string | undefined;
  /** TransformerLens name, such as `blocks.2.hook_resid_post`. */
  hookPoint?: string | undefined;
  /** SAELens's `normalize_activations`. */
  normalization?: string | undefined;
  saeId?: string | undefined;
  /** Hash of the SAE's weights file. */
  saeSha256?: string | undefined;
  activationSetId?: string | undefined;
  /** Hash of the activation set's manifest. */
  activationSetSha256?: string | undefined;
}

/** Checks a stored lineage. */
export const lineageSchema: z.ZodType<Lineage> = z.object({
  modelId: z.string(),
  modelSha256: z.string(),
  tokenizerSha256: z.string(),
  corpusSha256: z.string().optional(),
  hookPoint: z.string().optional(),
  normalization: z.string().optional(),
  saeId: z.string().optional(),
  saeSha256: z.string().optional(),
  activationSetId: z.string().optional(),
  activationSetSha256: z.string().optional(),
});

/** Throws `precondition` unless the two lineages agree on every given field; `what` names the two sides. */
export function requireSameLineage(
  left: Lineage,
  right: Lineage,
  fields: readonly (keyof Lineage)[],
  what: string,
): void {
  const differing = fields.find((field) => left[field] !== right[field]);
  if (differing === undefined) return;
  const [ours, theirs] = [left[differing] ?? 'unknown', right[differing] ?? 'unknown'];
  throw new FacetError(
    'precondition',
    `${what} do not belong together: ${differing} is ${ours} and ${theirs}`,
    {
      reason: 'LINEAGE_MISMATCH',
      metadata: { field: differing },
    },
  );
}
