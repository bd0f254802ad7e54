import { Worker } from 'node:worker_threads';
import { FacetError, type FacetErrorKind, type FacetErrorOptions } from '@facet/errors';

/** What a thread of its own tells: any number of reports, then how it ended. */
export type ThreadMessage<Report, Result> =
  | { type: 'report'; report: Report }
  | { type: 'done'; result: Result }
  | { type: 'failed'; kind: FacetErrorKind; message: string; options: FacetErrorOptions };

/** What it can be asked. */
export interface ThreadRequest {
  type: 'cancel' | 'suspend';
}

export interface ThreadCall<Input, Report> {
  /** The compiled file of the thread; it answers with `answerThread`. */
  file: URL;
  input: Input;
  /** Asks the thread to end; it is terminated where it has not after 30 s. */
  signal: AbortSignal;
  /** Asks the thread to keep its state and end; it is terminated where it has not after 2 minutes. */
  suspend?: AbortSignal;
  onReport: (report: Report) => void;
}

/** A cancelled thread ends between two steps; one that has not after this long is terminated. */
const CANCEL_GRACE_MS = 30_000;
/** A thread that keeps its state may have gigabytes to write. */
const SUSPEND_GRACE_MS = 120_000;

/** Runs heavy work in a thread of its own, so that calls are answered meanwhile; rejects with the error that ended it. */
export function callThread<Input, Report, Result>(call: ThreadCall<Input, Report>): Promise<Result> {
  const { file, input, signal, suspend, onReport } = call;
  const worker = new Worker(file, { workerData: input });
  return new Promise((resolve, reject) => {
    let settle: (() => void) | undefined;
    const timers: NodeJS.Timeout[] = [];
    const ask = (type: ThreadRequest['type'], graceMs: number) => () => {
      worker.postMessage({ type } satisfies ThreadRequest);
      timers.push(setTimeout(() => void worker.terminate(), graceMs));
    };
    const unlink = [
      onAbort(signal, ask('cancel', CANCEL_GRACE_MS)),
      onAbort(suspend, ask('suspend', SUSPEND_GRACE_MS)),
    ];
    worker.on('message', (message: ThreadMessage<Report, Result>) => {
      if (message.type === 'report') onReport(message.report);
      else if (message.type === 'done') settle = () => resolve(message.result);
      else settle = () => reject(new FacetError(message.kind, message.message, message.options));
    });
    worker.on('error', (error) => {
      settle = () => reject(error);
    });
    worker.on('exit', (code) => {
      for (const timer of timers) clearTimeout(timer);
      for (const remove of unlink) remove();
      if (settle) settle();
      else reject(new FacetError('aborted', `a thread ended with code ${code} before it was done`));
    });
  });
}

/** Calls `listener` once when `signal` aborts, or at once where it has; returns how to stop listening. */
function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal?.aborted) listener();
  else signal?.addEventListener('abort', listener, { once: true });
  return () => signal?.removeEventListener('abort', listener);
}
