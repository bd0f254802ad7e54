import { z } from 'zod';
import type { SaeMetadata } from './sae.ts';

/** What a configuration may say about where its SAE comes from; unknown keys are kept. */
export const metadataSchema: z.ZodType<SaeMetadata> = z.looseObject({
  model_name: z.string().optional(),
  hook_name: z.string().optional(),
  context_size: z.number().int().optional(),
  prepend_bos: z.boolean().optional(),
  inference_threshold: z.number().optional(),
});
