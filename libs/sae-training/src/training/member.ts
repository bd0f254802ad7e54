import { FacetError, isFacetError } from '@facet/errors';
import type { ResolvedConfig } from '../config.ts';
import type { EngineSession, EngineState } from '../engines/engine.ts';
import { engineOf } from '../engines/registry.ts';
import { createHeldOutHistory, type HeldOutHistory } from '../rows/held-out.ts';
import { createFiringWindow, type FiringWindow } from '../schedule/firing-window.ts';
import { initialWeights } from '../weights/initial-weights.ts';
import { type Checkpoint, identityOf, joinStates } from './checkpoint.ts';
import { createMetricsHistory, type MetricsHistory } from './metrics-history.ts';

/** One SAE in training: its engine with what is kept beside it. */
export interface Member {
  config: ResolvedConfig;
  session: EngineSession;
  window: FiringWindow;
  history: MetricsHistory;
  heldOut: HeldOutHistory;
  /** [1]: the step, from 1, at which its loss was no longer finite; 0 while it trains. */
  divergedAt: Uint32Array;
}

/** The reason of a loss that is no longer finite. */
const TRAINING_DIVERGED = 'TRAINING_DIVERGED';

/**
 * Opens an engine for every configuration with its recipe's first weights for the first batch; where a checkpoint will
 * be copied over them, with those for a row of zeros. Closes what it opened where it fails.
 */
export async function openMembers(
  configs: readonly ResolvedConfig[],
  first: Float32Array | undefined,
  signal?: AbortSignal,
): Promise<Member[]> {
  const members: Member[] = [];
  try {
    for (const config of configs) members.push(await openMember(config, first, signal));
    return members;
  } catch (error) {
    await closeMembers(members);
    throw error;
  }
}

async function openMember(
  config: ResolvedConfig,
  first: Float32Array | undefined,
  signal: AbortSignal | undefined,
): Promise<Member> {
  const { d_in, d_sae, dead_window_tokens: windowRows, tokens: totalRows, steps } = config;
  const x = first ?? new Float32Array(d_in);
  return {
    config,
    session: await engineOf(config.engine).open(config, initialWeights(config, x), signal),
    window: createFiringWindow({ d_sae, windowRows, totalRows }),
    history: createMetricsHistory(config),
    heldOut: createHeldOutHistory(steps),
    divergedAt: new Uint32Array(1),
  };
}

/** Closes the engines. */
export async function closeMembers(members: readonly Member[]): Promise<void> {
  for (const { session } of members) await session.close();
}

/** Those that are still in training. */
export function trainingOf(members: readonly Member[]): Member[] {
  return members.filter(({ divergedAt }) => divergedAt[0] === 0);
}

/** The error of a member that diverged; undefined for one that did not. */
export function divergenceOf({ config, divergedAt: [step] }: Member): FacetError | undefined {
  if (step === 0) return undefined;
  const message = `training diverged at step ${step} of ${config.steps}; lower learning_rate`;
  return new FacetError('precondition', message, { reason: TRAINING_DIVERGED });
}

/** Gives a member up at `step`, from 1, because of `error`; throws that where it is another or leaves no member. */
export function giveUp(
  members: readonly Member[],
  member: Member,
  { step, error }: { step: number; error: unknown },
): void {
  if (!isFacetError(error) || error.reason !== TRAINING_DIVERGED) throw error;
  member.divergedAt[0] = step;
  if (trainingOf(members).length === 0) throw error;
}

/** Everything it takes to go on after `step` steps; arrays of several members are told apart by their numbers. */
export function checkpointOf(members: readonly Member[], step: number, rows: number): Checkpoint {
  const identity = identityOf(
    members.map(({ config, session: { backend } }) => ({ ...config, backend })),
    rows,
  );
  if (members.length === 1) return { step, identity, arrays: stateOf(members[0]) };
  const states = members.map((member, i) => [
    String(i),
    new Map([...stateOf(member), ['diverged_at', member.divergedAt]]),
  ]);
  return { step, identity, arrays: joinStates(Object.fromEntries(states)) };
}

function stateOf({ session, window, history, heldOut }: Member): EngineState {
  const owners = { session, window, history, held_out: heldOut };
  const states = Object.entries(owners).map(([name, owner]) => [name, owner.state()]);
  return joinStates(Object.fromEntries(states));
}
