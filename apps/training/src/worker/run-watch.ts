import { FacetError } from '@facet/errors';
import { isPauseWanted, type RunControl } from '../runs/records/run-control.ts';
import type { RunLease } from '../runs/records/run-lease.ts';

export interface RunWatchOptions {
  lease: RunLease;
  control: RunControl;
  /** Whether a caller has cancelled the run. */
  isCancelled(): Promise<boolean>;
}

/** What the state of a run orders its worker to do. */
export interface RunWatch {
  /** Aborts with the error to end with: the run was taken over, cancelled or deleted. */
  readonly end: AbortSignal;
  /** Aborts when a pause was asked for. */
  readonly suspend: AbortSignal;
  /** Throws what `end` aborted with, else undefined. */
  throwIfEnded(): void;
  stop(): Promise<void>;
}

/** The state is looked at this often; live messages make it quicker. */
const INTERVAL_MS = 2_000;

/** Looks every 2 s whether this worker may go on; a store that does not answer shows in the work itself. */
export function watchRun({ lease, control, isCancelled }: RunWatchOptions): RunWatch {
  const end = new AbortController();
  const suspend = new AbortController();
  const look = async () => {
    try {
      await lease.requireHeld();
    } catch (error) {
      end.abort(error);
      return;
    }
    if (await isCancelled()) end.abort(new FacetError('cancelled', 'the training run was cancelled'));
    if (isPauseWanted(await control.state())) suspend.abort();
  };
  let looking: Promise<void> | undefined;
  const timer = setInterval(() => {
    looking ??= look()
      .catch(() => undefined)
      .finally(() => {
        looking = undefined;
      });
  }, INTERVAL_MS);
  return {
    end: end.signal,
    suspend: suspend.signal,
    throwIfEnded: () => end.signal.throwIfAborted(),
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
