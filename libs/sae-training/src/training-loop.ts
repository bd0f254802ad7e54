import { FacetError } from '@facet/errors';
import { batchesOf, throwIfAborted } from './batches.ts';
import {
  type Checkpoint,
  type Checkpointing,
  identityOf,
  joinStates,
  restoreCheckpoint,
} from './checkpoint.ts';
import type { ResolvedConfig } from './config.ts';
import { type EngineSession, engineOf } from './engine.ts';
import { createFiringWindow, type FiringWindow } from './firing-window.ts';
import {
  createHeldOutHistory,
  HELD_OUT_ROWS_ON_THE_WAY,
  type HeldOutHistory,
  type HeldOutPoint,
  measureHeldOut,
} from './held-out.ts';
import { initialWeights } from './initial-weights.ts';
import {
  createMetricsHistory,
  type HistoryPoint,
  type MetricsHistory,
  type StepMetrics,
} from './metrics-history.ts';
import type { RowSource } from './row-source.ts';
import { learningRateAt } from './schedule.ts';

export interface LoopOptions {
  config: ResolvedConfig;
  source: RowSource;
  checkpointing?: Checkpointing | undefined;
  /** Ends the run. */
  signal?: AbortSignal | undefined;
  /** Interrupts the run between two steps, after a checkpoint. */
  suspend?: AbortSignal | undefined;
  onStep(step: number, metrics: StepMetrics): void;
  /** Called with new points of the curves; where the run goes on from a checkpoint, first with all before. */
  onHistory?: ((points: readonly HistoryPoint[], heldOut: readonly HeldOutPoint[]) => void) | undefined;
}

/** A run's engine with what is kept beside it. */
export interface TrainingState {
  session: EngineSession;
  window: FiringWindow;
  history: MetricsHistory;
  heldOut: HeldOutHistory;
}

/** What is thrown where a run was interrupted; it can go on from its newest checkpoint. */
export const TRAINING_SUSPENDED = 'TRAINING_SUSPENDED';

/** Opens an engine and takes every step that is left; the caller closes the session. */
export async function takeSteps(options: LoopOptions): Promise<TrainingState> {
  const { config, source, checkpointing, signal } = options;
  const begin = checkpointing?.newest?.step ?? 0;
  const batches = batchesOf(source, config, { from: begin, signal });
  try {
    const first = begin < config.steps ? (await batches.next()).value! : undefined;
    const state = await openState(config, begin === 0 ? first : undefined);
    try {
      await resume(options, state);
      for (let step = begin; step < config.steps; step++) {
        const batch = step === begin ? first! : (await batches.next()).value!;
        throwIfAborted(signal);
        await takeStep(options, state, { step, batch });
        await afterStep(options, state, step + 1);
      }
      return state;
    } catch (error) {
      await state.session.close();
      throw error;
    }
  } finally {
    // The source may hold many rows for the pass that is under way; they go before it is read again.
    await batches.return(undefined);
  }
}

/**
 * Opens an engine with a recipe's first weights for the first batch; where a checkpoint will be copied over them,
 * with those for a row of zeros.
 */
async function openState(config: ResolvedConfig, first: Float32Array | undefined): Promise<TrainingState> {
  const { d_in, d_sae, dead_window_tokens: windowRows, tokens: totalRows, steps } = config;
  const x = first ?? new Float32Array(d_in);
  return {
    session: await engineOf(config.engine).open(config, initialWeights(config, x)),
    window: createFiringWindow({ d_sae, windowRows, totalRows }),
    history: createMetricsHistory(config),
    heldOut: createHeldOutHistory(steps),
  };
}

async function resume(options: LoopOptions, state: TrainingState): Promise<void> {
  const newest = options.checkpointing?.newest;
  if (!newest) return;
  await restoreCheckpoint(newest, checkpointOf(options, state, newest.step));
  options.onHistory?.(state.history.points(), state.heldOut.points());
}

function checkpointOf({ config, source }: LoopOptions, state: TrainingState, step: number): Checkpoint {
  const { session, window, history, heldOut } = state;
  const owners = { session, window, history, held_out: heldOut };
  const states = Object.entries(owners).map(([name, owner]) => [name, owner.state()]);
  return { step, identity: identityOf(config, source.rows), arrays: joinStates(Object.fromEntries(states)) };
}

async function takeStep(
  { config, onStep, onHistory }: LoopOptions,
  { session, window, history }: TrainingState,
  { step, batch }: { step: number; batch: Float32Array },
): Promise<void> {
  session.fill(batch, 0);
  const learning_rate = learningRateAt(config, step);
  const { loss, l0, fvu, gradient_norm, firings } = await session.step(step, learning_rate, window.dead());
  window.note(firings, config.batch_rows);
  const metrics = { loss, l0, fvu, gradient_norm, dead_fraction: window.deadFraction(), learning_rate };
  const point = history.note(step + 1, metrics);
  if (point) onHistory?.([point], []);
  onStep(step + 1, metrics);
}

async function afterStep(options: LoopOptions, state: TrainingState, step: number): Promise<void> {
  const { config, source, checkpointing, signal, suspend } = options;
  if (state.heldOut.due(step)) {
    const blocks = { ...config, most: HELD_OUT_ROWS_ON_THE_WAY, signal };
    const point = state.heldOut.note(step, await measureHeldOut(state.session, source, blocks));
    options.onHistory?.([], [point]);
  }
  if (step === config.steps) return;
  if (suspend?.aborted || checkpointing?.due(step)) {
    await checkpointing?.save(checkpointOf(options, state, step));
  }
  if (suspend?.aborted) throw suspended(step, config.steps, suspend.reason);
}

function suspended(step: number, steps: number, cause: unknown): FacetError {
  return new FacetError('aborted', `training was interrupted after step ${step} of ${steps}`, {
    reason: TRAINING_SUSPENDED,
    metadata: { step: String(step) },
    cause,
  });
}
