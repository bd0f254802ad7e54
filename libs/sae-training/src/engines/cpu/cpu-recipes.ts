import type { RecipeConfig } from '../../recipes/recipe-config.ts';
import { cpuBatchtopkGradients } from './cpu-batchtopk.ts';
import { cpuGatedGradients } from './cpu-gated.ts';
import type { CpuGradients } from './cpu-gradients.ts';
import { cpuJumpreluGradients } from './cpu-jumprelu.ts';
import { cpuMatryoshkaGradients } from './cpu-matryoshka.ts';
import { cpuStandardGradients } from './cpu-standard.ts';
import { cpuTopkGradients } from './cpu-topk.ts';

/** What every recipe computes on the CPU engine, by its name. */
const GRADIENTS = {
  standard: cpuStandardGradients,
  topk: cpuTopkGradients,
  batchtopk: cpuBatchtopkGradients,
  jumprelu: cpuJumpreluGradients,
  gated: cpuGatedGradients,
  matryoshka: cpuMatryoshkaGradients,
} satisfies { [Name in RecipeConfig['name']]: CpuGradients<Extract<RecipeConfig, { name: Name }>> };

/** Finds the loss and the gradient of a recipe on the CPU engine. */
export function cpuGradientsOf<Config extends RecipeConfig>({ name }: Config): CpuGradients<Config> {
  // The table pairs every name with the gradients of that configuration; its type cannot say so for a union.
  return GRADIENTS[name] as unknown as CpuGradients<Config>;
}
