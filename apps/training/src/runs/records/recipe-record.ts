import { z } from 'zod';

const count = z.number().int().nonnegative();
const number = z.number().optional();

const selection = { k: count, auxk_alpha: number, k_aux: count.optional() };
const penalty = { lambda: number, lambda_warmup_fraction: number };

/** A recipe and its own settings, as `run.json` keeps them; absent values take the recipe's defaults. */
export const recipeSchema = z.discriminatedUnion('name', [
  z.object({ name: z.literal('standard'), ...penalty, resample_every: count.optional() }),
  z.object({ name: z.literal('topk'), ...selection }),
  z.object({ name: z.literal('batchtopk'), ...selection, threshold_rate: number }),
  z.object({
    name: z.literal('jumprelu'),
    ...penalty,
    target_l0: number,
    initial_threshold: number,
    bandwidth: number,
  }),
  z.object({ name: z.literal('gated'), ...penalty }),
  z.object({
    name: z.literal('matryoshka'),
    ...selection,
    threshold_rate: number,
    prefixes: z.array(count).optional(),
  }),
]);

export type RecipeRecord = z.infer<typeof recipeSchema>;
