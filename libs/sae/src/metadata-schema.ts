import { z } from 'zod';
import type { SaeMetadata } from './sae.ts';

/** The keys that are read; Python writes null for what it does not know. */
const FIELDS = {
  model_name: z.string().nullish(),
  hook_name: z.string().nullish(),
  context_size: z.number().int().nullish(),
  prepend_bos: z.boolean().nullish(),
  inference_threshold: z.number().nullish(),
};

/** What a configuration may say about where its SAE comes from; unknown keys are kept. */
export const metadataSchema: z.ZodType<SaeMetadata> = z.looseObject(FIELDS).transform((metadata) => {
  const said = Object.entries(metadata).filter(
    ([name, value]) => value !== null || !Object.hasOwn(FIELDS, name),
  );
  return Object.fromEntries(said);
});
