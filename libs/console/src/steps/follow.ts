import type { Progress, ResourceError } from '@facet/contracts';
import { FacetError, type FacetErrorKind, isFacetError } from '@facet/errors';
import type { Invocation } from '../command/invocation.ts';
import { type Stage, stageProgress } from '../command/progress.ts';

/** A resource that works until its state is final: an activation set, a training run, an indexing run. */
export interface LongWork<T> {
  /** Name of the resource, for errors. */
  name: string;
  watch(signal: AbortSignal): AsyncIterable<T>;
  /** Asks the service to stop the work and waits for its answer. */
  cancel(signal: AbortSignal): Promise<unknown>;
  view(resource: T): WorkView;
}

/** What following needs to know of a resource. */
export interface WorkView {
  /** State without its prefix, for example `SUCCEEDED`. */
  state: string;
  progress?: Progress | undefined;
  error?: ResourceError | undefined;
  /** How well it goes, shown behind the numbers. */
  detail?: string | undefined;
}

/** States in which nothing goes on; only PAUSED is ever left again. */
const FINAL_STATES = new Set(['ACTIVE', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'PAUSED']);
/** A watch that breaks is opened again this often before its error is thrown. */
const MAX_REOPENED = 5;
/** Time that cancelling or pausing gets after an interruption, milliseconds. */
const LEAVE_TIMEOUT_MS = 15_000;

/** One piece of work from its creation to its outcome. */
export interface WorkStep<T> {
  /** Name of the stage, for progress. */
  title: string;
  work: LongWork<T>;
  /** Creates the resource at the service. */
  start(signal: AbortSignal): Promise<unknown>;
  /** What to say when it went well. */
  outcome(resource: T): string;
  /** What becomes of the work when the person interrupts. @default it is cancelled */
  interrupted?: Interrupted;
}

/** What is done with work that is being left. */
export interface Interrupted {
  act(signal: AbortSignal): Promise<unknown>;
  /** What it has become then: `was cancelled`. */
  became: string;
}

/**
 * Starts work and follows it to its final state, reporting as a stage, and gives the resource back when it went well.
 * Throws when it failed or was cancelled elsewhere. When `signal` aborts, the work is cancelled at the service before
 * this throws.
 */
export async function doWork<T>(
  { title, work, start, outcome, interrupted }: WorkStep<T>,
  { progress, signal }: Pick<Invocation, 'progress' | 'signal'>,
): Promise<T> {
  const stage = progress.stage(title);
  try {
    await start(signal);
    const final = await watchToEnd(work, stage, signal);
    stage.done(outcome(final));
    return final;
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted' : 'failed');
    if (!signal.aborted) throw error;
    const { act, became } = interrupted ?? { act: work.cancel, became: 'was cancelled' };
    await leave(act);
    throw new FacetError('cancelled', `interrupted; ${work.name} ${became}`, { cause: error });
  }
}

/** Ends work that is being left within a bounded time; it may have ended by itself meanwhile. */
async function leave(act: Interrupted['act']): Promise<void> {
  await act(AbortSignal.timeout(LEAVE_TIMEOUT_MS)).catch(() => undefined);
}

/** Watches work to its final state without ever cancelling it; throws when it failed or was cancelled. */
export async function watchToEnd<T>(work: LongWork<T>, stage: Stage, signal: AbortSignal): Promise<T> {
  for (let reopened = 0; ; reopened++) {
    try {
      const final = await watchOnce(work, stage, signal);
      if (final !== undefined) return requireSuccess(work, final);
      if (reopened >= MAX_REOPENED)
        throw new FacetError('unavailable', `the watch of ${work.name} broke off`);
    } catch (error) {
      const broken = isFacetError(error) && error.kind === 'unavailable';
      if (!broken || reopened >= MAX_REOPENED) throw error;
    }
    signal.throwIfAborted();
  }
}

async function watchOnce<T>(work: LongWork<T>, stage: Stage, signal: AbortSignal): Promise<T | undefined> {
  for await (const resource of work.watch(signal)) {
    const { state, progress, detail } = work.view(resource);
    if (FINAL_STATES.has(state)) return resource;
    const shown = stageProgress(progress, detail);
    if (shown !== undefined) stage.update(shown);
  }
  return undefined;
}

function requireSuccess<T>({ name, view }: LongWork<T>, final: T): T {
  const { state, error } = view(final);
  if (state === 'FAILED') throw resourceFailure(name, error);
  if (state === 'PAUSED')
    throw new FacetError('aborted', `${name} was paused; resume it to go on`, { reason: 'PAUSED' });
  if (state === 'CANCELLED')
    throw new FacetError('aborted', `${name} was cancelled by someone; start it again`);
  return final;
}

const KIND_OF_REASON: Readonly<Record<string, FacetErrorKind>> = {
  INVALID: 'invalid',
  NOT_FOUND: 'not-found',
  EXISTS: 'exists',
  PRECONDITION: 'precondition',
  EXHAUSTED: 'exhausted',
  UNAVAILABLE: 'unavailable',
  DATA_LOSS: 'data-loss',
  UNIMPLEMENTED: 'unimplemented',
};

/** The error of a FAILED resource; its kind is the one its reason names, else `precondition`. */
function resourceFailure(name: string, error: ResourceError | undefined): FacetError {
  const reason = error?.reason ?? '';
  const kind = KIND_OF_REASON[reason] ?? 'precondition';
  const options = reason === '' ? {} : { reason };
  return new FacetError(kind, error?.message || `${name} failed without saying why`, options);
}
