import { measureGeometry, type ToyGeometry } from './geometry.ts';
import type { Toy } from './toy.ts';
import { decayingImportance, trainBestToy } from './train-toy.ts';

/** A toy small enough to look at. */
export interface SmallToy extends ToyGeometry {
  density: number;
  toy: Toy;
}

/** A regular arrangement, the size of the toy that should find it, and the D that all its features then have. */
export interface Polytope {
  name: string;
  n: number;
  m: number;
}

/** The arrangements of Elhage et al. 2022 ("Feature Dimensionality"); D = m / n. */
export const POLYTOPES: readonly Polytope[] = [
  { name: 'tetrahedron', n: 4, m: 3 },
  { name: 'triangle', n: 3, m: 2 },
  { name: 'antipodal pair', n: 2, m: 1 },
  { name: 'pentagon', n: 5, m: 2 },
  { name: 'square antiprism', n: 8, m: 3 },
];

/** 1 − S of the five features in the plane: the three pictures of the paper's introduction. */
export const PLANAR_DENSITIES = [1, 0.2, 0.1] as const;
/** 1 − S of the interference matrices. */
export const INTERFERENCE_DENSITIES = [1, 0.1, 0.01] as const;

/** Sparse enough that superposition pays for every feature. */
const SPARSE_DENSITY = 0.03;
const STEPS = 2000;
const RESTARTS = 3;
const PLANAR = { n: 5, m: 2, importanceRatio: 0.9 };
const INTERFERENCE = { n: 20, m: 5, importanceRatio: 0.8 };

/** Trains five features of slightly decreasing importance in the plane. */
export function trainPlanarToy(density: number, seed: bigint, signal?: AbortSignal): Promise<SmallToy> {
  return trainSmall({ ...PLANAR, density, seed, signal });
}

/** Trains twenty features of decreasing importance in five dimensions. */
export function trainInterferenceToy(density: number, seed: bigint, signal?: AbortSignal): Promise<SmallToy> {
  return trainSmall({ ...INTERFERENCE, density, seed, signal });
}

/** Trains the toy that should arrange its features as `polytope`. */
export function trainPolytope({ n, m }: Polytope, seed: bigint, signal?: AbortSignal): Promise<SmallToy> {
  return trainSmall({ n, m, importanceRatio: 1, density: SPARSE_DENSITY, seed, signal });
}

interface SmallTraining {
  n: number;
  m: number;
  importanceRatio: number;
  density: number;
  seed: bigint;
  signal?: AbortSignal | undefined;
}

async function trainSmall({ importanceRatio, ...size }: SmallTraining): Promise<SmallToy> {
  const importance = decayingImportance(size.n, importanceRatio);
  const { toy } = await trainBestToy({ ...size, importance, steps: STEPS }, RESTARTS);
  return { density: size.density, toy, ...measureGeometry(toy) };
}
