import { setImmediate as turn } from 'node:timers/promises';
import { FacetError } from '@facet/errors';
import type { ResolvedConfig } from '../config.ts';
import { batchesOf, throwIfAborted } from '../rows/batches.ts';
import { HELD_OUT_ROWS_ON_THE_WAY, type HeldOutPoint, measureHeldOut } from '../rows/held-out.ts';
import type { RowSource } from '../rows/row-source.ts';
import { learningRateAt } from '../schedule/schedule.ts';
import { type Checkpointing, restoreCheckpoint } from './checkpoint.ts';
import { checkpointOf, closeMembers, giveUp, type Member, openMembers, trainingOf } from './member.ts';
import type { HistoryPoint, StepMetrics } from './metrics-history.ts';

/** What is told of the members on the way, each by its number. */
export interface MemberReports {
  onStep(member: number, step: number, metrics: StepMetrics): void;
  /** Called with new points of the curves; where the run goes on from a checkpoint, first with all before. */
  onHistory?:
    | ((member: number, points: readonly HistoryPoint[], heldOut: readonly HeldOutPoint[]) => void)
    | undefined;
}

export interface LoopOptions extends MemberReports {
  /** Of equal batches, steps and seeds. */
  configs: readonly ResolvedConfig[];
  source: RowSource;
  checkpointing?: Checkpointing | undefined;
  /** Ends the run. */
  signal?: AbortSignal | undefined;
  /** Interrupts the run between two steps, after a checkpoint. */
  suspend?: AbortSignal | undefined;
}

/** What is thrown where a run was interrupted; it can go on from its newest checkpoint. */
export const TRAINING_SUSPENDED = 'TRAINING_SUSPENDED';

/**
 * Opens an engine for every configuration and takes every step that is left, each on one batch that all of them train
 * on in turn; the caller closes the sessions. One of several whose loss is no longer finite is given up, the others go on.
 */
export async function takeSteps(options: LoopOptions): Promise<Member[]> {
  const { configs, source, checkpointing, signal } = options;
  const [shape] = configs;
  const begin = checkpointing?.newest?.step ?? 0;
  const batches = batchesOf(source, shape, { from: begin, signal });
  try {
    const first = begin < shape.steps ? (await batches.next()).value! : undefined;
    const members = await openMembers(configs, begin === 0 ? first : undefined, signal);
    try {
      await resume(options, members);
      for (let step = begin; step < shape.steps; step++) {
        const batch = step === begin ? first! : (await batches.next()).value!;
        await takeStep(options, members, { step, batch });
        await afterStep(options, members, step + 1);
      }
      return members;
    } catch (error) {
      await closeMembers(members);
      throw error;
    }
  } finally {
    // The source may hold many rows for the pass that is under way; they go before it is read again.
    await batches.return(undefined);
  }
}

async function resume(
  { checkpointing, source, onHistory }: LoopOptions,
  members: readonly Member[],
): Promise<void> {
  const newest = checkpointing?.newest;
  if (!newest) return;
  await restoreCheckpoint(newest, checkpointOf(members, newest.step, source.rows));
  for (const { session } of members) session.loadState?.();
  for (const [i, { history, heldOut }] of members.entries()) {
    onHistory?.(i, history.points(), heldOut.points());
  }
}

interface Step {
  step: number;
  batch: Float32Array;
}

async function takeStep(options: LoopOptions, members: readonly Member[], at: Step): Promise<void> {
  for (const [i, member] of members.entries()) {
    if (member.divergedAt[0] !== 0) continue;
    // Not every engine waits for anything: only so does the thread hear that it shall end.
    await turn();
    throwIfAborted(options.signal);
    try {
      await stepMember(options, member, { ...at, i });
    } catch (error) {
      giveUp(members, member, { step: at.step + 1, error });
    }
  }
}

async function stepMember(
  { onStep, onHistory }: LoopOptions,
  { config, session, window, history }: Member,
  { step, batch, i }: Step & { i: number },
): Promise<void> {
  session.fill(batch, 0);
  const learning_rate = learningRateAt(config, step);
  const { loss, l0, fvu, gradient_norm, firings } = await session.step(step, learning_rate, window.dead());
  window.note(firings, config.batch_rows);
  const metrics = { loss, l0, fvu, gradient_norm, dead_fraction: window.deadFraction(), learning_rate };
  const point = history.note(step + 1, metrics);
  if (point) onHistory?.(i, [point], []);
  onStep(i, step + 1, metrics);
}

async function afterStep(options: LoopOptions, members: readonly Member[], step: number): Promise<void> {
  const { configs, source, checkpointing, suspend } = options;
  await measureOnTheWay(options, members, step);
  const { steps } = configs[0];
  if (step === steps) return;
  if (suspend?.aborted || checkpointing?.due(step)) {
    await checkpointing?.save(checkpointOf(members, step, source.rows));
  }
  if (suspend?.aborted) throw suspended(step, steps, suspend.reason);
}

/** Measures all members on one reading of held-out rows, where that is due. */
async function measureOnTheWay(
  { configs, source, signal, onHistory }: LoopOptions,
  members: readonly Member[],
  step: number,
): Promise<void> {
  const measured = trainingOf(members).filter(({ heldOut }) => heldOut.due(step));
  if (measured.length === 0) return;
  const sessions = measured.map(({ session }) => session);
  const blocks = { ...configs[0], most: HELD_OUT_ROWS_ON_THE_WAY, signal };
  for (const [at, metrics] of (await measureHeldOut(sessions, source, blocks)).entries()) {
    const point = measured[at].heldOut.note(step, metrics);
    onHistory?.(members.indexOf(measured[at]), [], [point]);
  }
}

function suspended(step: number, steps: number, cause: unknown): FacetError {
  return new FacetError('aborted', `training was interrupted after step ${step} of ${steps}`, {
    reason: TRAINING_SUSPENDED,
    metadata: { step: String(step) },
    cause,
  });
}
