import { drawHiddenRows } from './hidden-rows.ts';
import { PHASE_DENSITIES, PHASE_TOY, type PhasePoint, trainPhaseToy } from './phase-change.ts';
import { measurePhaseDiagram, type PhaseDiagram } from './phase-diagram.ts';
import { defaultK, measureRecovery, type RecoveryPoint, type RecoveryTraining } from './recovery.ts';
import {
  INTERFERENCE_DENSITIES,
  PLANAR_DENSITIES,
  POLYTOPES,
  type Polytope,
  type SmallToy,
  trainInterferenceToy,
  trainPlanarToy,
  trainPolytope,
} from './small-toys.ts';

/** All that the experiment measured; `summariseSuperposition` and `superpositionReport` tell it. */
export interface Superposition {
  seed: bigint;
  phase: PhasePoint[];
  polytopes: (SmallToy & Polytope)[];
  planar: SmallToy[];
  interference: SmallToy[];
  diagram: PhaseDiagram;
  /** Sparsity × dictionary size, at the default k. */
  recovery: RecoveryPoint[];
  /** The headline: the sparse toy and a dictionary of twice its features, for three seeds. */
  seeds: RecoveryPoint[];
  /** Where it breaks: the headline's toy with other k, fewer different rows, less training. */
  limits: { k: RecoveryPoint[]; rows: RecoveryPoint[]; training: RecoveryPoint[] };
}

export interface SuperpositionOptions {
  /** Seed of everything; the headline is measured for this one and the next two. */
  seed: bigint;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: SuperpositionProgress) => void) | undefined;
}

/** `done` of `total` steps of a part are behind. */
export interface SuperpositionProgress {
  part: string;
  done: number;
  total: number;
}

/** 1 − S of the headline: five of a hundred features active at once, in twenty dimensions. */
export const SPARSE_DENSITY = 0.05;
/** 1 − S of the toys that SAEs are trained on. */
export const RECOVERY_DENSITIES = [0.5, 0.3, 0.2, 0.1, 0.05, 0.02] as const;
/** Dictionary sizes, as multiples of the number of true features. */
export const DICTIONARY_MULTIPLES = [0.5, 1, 2, 4] as const;
/** The headline's dictionary. */
export const HEADLINE_MULTIPLE = 2;

const HEADLINE_SEEDS = 3;
const LIMIT_K = [1, 2, 6, 8, 10, 20];
const LIMIT_ROWS = [1000, 3000, 10_000];
const LIMIT_TRAINED_ROWS = [32_000, 64_000, 128_000, 256_000];

/** Runs the whole experiment; equal seeds give equal numbers on one machine. */
export async function runSuperposition(options: SuperpositionOptions): Promise<Superposition> {
  const { seed, signal } = options;
  const phase = await trainEach(options, 'toys from dense to sparse', PHASE_DENSITIES, (density) =>
    trainPhaseToy(density, seed, signal),
  );
  const small = await trainSmallToys(options);
  const [diagram] = await trainEach(options, 'phase diagram', [0], () => measurePhaseDiagram(seed, signal));
  const recovery = await trainGrid(options, phase);
  const headline = recovery.find(isHeadline)!;
  const sparse = phase.find(({ density }) => density === SPARSE_DENSITY)!;
  const seeds = [headline, ...(await trainSeeds(options))];
  const limits = await trainLimits(options, sparse, headline);
  return { seed, phase, ...small, diagram, recovery, seeds, limits };
}

function isHeadline({ density, d_sae }: RecoveryPoint): boolean {
  return density === SPARSE_DENSITY && d_sae === HEADLINE_MULTIPLE * PHASE_TOY.n;
}

/** Does `work` for every item, one after the other, and tells how far it is. */
async function trainEach<Item, Result>(
  { onProgress }: SuperpositionOptions,
  part: string,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  onProgress?.({ part, done: 0, total: items.length });
  for (const item of items) {
    results.push(await work(item));
    onProgress?.({ part, done: results.length, total: items.length });
  }
  return results;
}

async function trainSmallToys(options: SuperpositionOptions) {
  const { seed, signal } = options;
  const polytopes = await trainEach(options, 'regular arrangements', POLYTOPES, async (polytope) => ({
    ...(await trainPolytope(polytope, seed, signal)),
    ...polytope,
  }));
  const planar = await trainEach(options, 'five features in a plane', PLANAR_DENSITIES, (density) =>
    trainPlanarToy(density, seed, signal),
  );
  const interference = await trainEach(options, 'interference', INTERFERENCE_DENSITIES, (density) =>
    trainInterferenceToy(density, seed, signal),
  );
  return { polytopes, planar, interference };
}

/** The SAEs of one sparsity share the rows that they are trained on. */
async function trainGrid(
  options: SuperpositionOptions,
  phase: readonly PhasePoint[],
): Promise<RecoveryPoint[]> {
  const points = await trainEach(options, 'SAEs on the hidden layers', RECOVERY_DENSITIES, (density) => {
    const point = phase.find((one) => one.density === density)!;
    const changes = DICTIONARY_MULTIPLES.map((multiple) => ({ d_sae: multiple * PHASE_TOY.n }));
    return trainOn(options, point, changes);
  });
  return points.flat();
}

/** The headline for further seeds: other toys, other rows, other SAEs. */
async function trainSeeds(options: SuperpositionOptions): Promise<RecoveryPoint[]> {
  const others = Array.from({ length: HEADLINE_SEEDS - 1 }, (_, i) => options.seed + BigInt(i + 1));
  const points = await trainEach(options, 'further seeds', others, async (seed) => {
    const point = await trainPhaseToy(SPARSE_DENSITY, seed, options.signal);
    return trainOn({ ...options, seed }, point, [{}]);
  });
  return points.flat();
}

async function trainLimits(
  options: SuperpositionOptions,
  point: PhasePoint,
  headline: RecoveryPoint,
): Promise<Superposition['limits']> {
  const parts = [
    LIMIT_K.filter((k) => k !== headline.k).map((k) => ({ k })),
    LIMIT_ROWS.map((rows) => ({ rows })),
    LIMIT_TRAINED_ROWS.map((trained_rows) => ({ trained_rows })),
  ];
  const measured = await trainEach(options, 'where it breaks', parts, (changes) =>
    trainOn(options, point, changes),
  );
  const [k, rows, training] = measured.map((points) => [...points, headline]);
  return { k: k.sort((a, b) => a.k - b.k), rows, training };
}

/** Trains SAEs on fresh rows of one toy, each the headline's but for its changes. */
async function trainOn(
  { seed, signal }: SuperpositionOptions,
  point: PhasePoint,
  changes: readonly Partial<RecoveryTraining>[],
): Promise<RecoveryPoint[]> {
  const hidden = drawHiddenRows(point.toy, point.density, seed);
  const usual = { d_sae: HEADLINE_MULTIPLE * PHASE_TOY.n, k: defaultK(point) };
  const points: RecoveryPoint[] = [];
  for (const change of changes) {
    const training = { ...usual, ...change };
    points.push(await measureRecovery({ point, hidden, training, seed, signal }));
  }
  return points;
}
