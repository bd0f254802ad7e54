import type { RecipeConfig } from '../../recipes/recipe-config.ts';
import { tfjsBatchtopkGradients } from './tfjs-batchtopk.ts';
import { tfjsGatedGradients } from './tfjs-gated.ts';
import type { TfjsGradients } from './tfjs-gradients.ts';
import { tfjsJumpreluGradients } from './tfjs-jumprelu.ts';
import { tfjsMatryoshkaGradients } from './tfjs-matryoshka.ts';
import { tfjsStandardGradients } from './tfjs-standard.ts';
import { tfjsTopkGradients } from './tfjs-topk.ts';

/** What every recipe computes on the tfjs engine, by its name. */
const GRADIENTS = {
  standard: tfjsStandardGradients,
  topk: tfjsTopkGradients,
  batchtopk: tfjsBatchtopkGradients,
  jumprelu: tfjsJumpreluGradients,
  gated: tfjsGatedGradients,
  matryoshka: tfjsMatryoshkaGradients,
} satisfies { [Name in RecipeConfig['name']]: TfjsGradients<Extract<RecipeConfig, { name: Name }>> };

/** Finds the loss and the gradient of a recipe on the tfjs engine. */
export function tfjsGradientsOf<Config extends RecipeConfig>({ name }: Config): TfjsGradients<Config> {
  // The table pairs every name with the gradients of that configuration; its type cannot say so for a union.
  return GRADIENTS[name] as unknown as TfjsGradients<Config>;
}
