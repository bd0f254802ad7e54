import { measureGeometry, type ToyGeometry } from './geometry.ts';
import type { Toy } from './toy.ts';
import { trainToy } from './train-toy.ts';

/** Features and dimensions of the toys of the phase change and of the recovery. */
export const PHASE_TOY = { n: 100, m: 20 };
/** 1 − S of the toys, from dense to sparse. */
export const PHASE_DENSITIES = [1, 0.7, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.05, 0.02, 0.01] as const;

/** Steps of one toy. */
const STEPS = 1000;

/** One toy of the sweep: all features are equally important, only the sparsity differs. */
export interface PhasePoint extends ToyGeometry {
  density: number;
  toy: Toy;
  loss: number;
}

/** Trains the toy of one sparsity and measures its geometry. */
export async function trainPhaseToy(
  density: number,
  seed: bigint,
  signal?: AbortSignal,
): Promise<PhasePoint> {
  const { toy, loss } = await trainToy({ ...PHASE_TOY, density, steps: STEPS, seed, signal });
  return { density, toy, loss, ...measureGeometry(toy) };
}
