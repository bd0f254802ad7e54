import { FacetError } from '@facet/errors';
import type { ResolvedConfig } from '../config.ts';
import type { EngineState, StateArray } from '../engines/engine.ts';
import { recipeOf } from '../recipes/registry.ts';

/** A run between two steps: everything it takes to go on bit-identically, given the same rows. */
export interface Checkpoint {
  /** Steps taken. Position in the data and schedule follow from it. */
  step: number;
  /** What the run is: a checkpoint of another configuration or other rows is refused. */
  identity: string;
  /** Views that are valid until the next step. */
  arrays: EngineState;
}

/** A checkpoint that was kept. */
export interface SavedCheckpoint {
  step: number;
  identity: string;
  /** Copies what was kept under each name into its array; `data-loss` where a name or a length differs. */
  restore(arrays: EngineState): Promise<void>;
}

/** When checkpoints are kept, and where. */
export interface Checkpointing {
  /** The checkpoint to go on from. @default none: the run begins */
  newest?: SavedCheckpoint | undefined;
  /** Asked after every step but the last. */
  due(step: number): boolean;
  /** Keeps a checkpoint; no step is taken meanwhile. */
  save(checkpoint: Checkpoint): Promise<void>;
}

/** Gives arrays of several owners one name space: `engine.W_enc`, `window.silent_rows`. */
export function joinStates(owners: Readonly<Record<string, EngineState>>): EngineState {
  const all = new Map<string, StateArray>();
  for (const [owner, state] of Object.entries(owners)) {
    for (const [name, array] of state) all.set(`${owner}.${name}`, array);
  }
  return all;
}

/**
 * Describes what a run's steps depend on besides its state: configurations, by their numbers where there are several, and
 * number of rows; the equations of recipes that have changed, and the backend, where an engine has several. Threads are no part of it.
 */
export function identityOf(
  configs: readonly (ResolvedConfig & { backend?: string | undefined })[],
  rows: number,
): string {
  const described = configs.map(({ threads: _, seed, ...rest }) => ({
    ...rest,
    seed: String(seed),
    recipe_revision: recipeOf(rest.recipe).revision,
  }));
  return JSON.stringify(described.length === 1 ? { ...described[0], rows } : { configs: described, rows });
}

/** Copies a kept checkpoint into a run's arrays; refuses one of another run with what differs. */
export async function restoreCheckpoint(
  saved: SavedCheckpoint,
  { identity, arrays }: Pick<Checkpoint, 'identity' | 'arrays'>,
): Promise<void> {
  if (saved.identity !== identity) {
    const message = `the checkpoint of step ${saved.step} is of another run: ${difference(saved.identity, identity)}`;
    throw new FacetError('precondition', `${message}; create a new run`, { reason: 'CHECKPOINT_MISMATCH' });
  }
  await saved.restore(arrays);
}

function difference(saved: string, wanted: string): string {
  const [left, right] = [leavesOf(JSON.parse(saved)), leavesOf(JSON.parse(wanted))];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const name = names.find((name) => left.get(name) !== right.get(name)) ?? 'format';
  return `its ${name} is ${left.get(name) ?? 'nothing'}, this run's ${right.get(name) ?? 'nothing'}`;
}

/** The values of a document by their paths, such as `configs.1.recipe.k`. */
function leavesOf(value: unknown, path: readonly string[] = []): Map<string, string> {
  if (value === null || typeof value !== 'object') return new Map([[path.join('.'), JSON.stringify(value)]]);
  return new Map(Object.entries(value).flatMap(([name, inner]) => [...leavesOf(inner, [...path, name])]));
}
