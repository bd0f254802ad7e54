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
  /** Asks the thread to end at the next place where it can. */
  signal: AbortSignal;
  /** Asks the thread to keep its state and end. */
  suspend?: AbortSignal;
  onReport: (report: Report) => void;
  /** Called again and again while a thread that was asked to end still computes, with how often it was called before. */
  onStillComputing: (times: number) => void;
  /** After this long each time, milliseconds. @default 10000 */
  patienceMs?: number;
}

const PATIENCE_MS = 10_000;

/**
 * Runs heavy work in a thread of its own, so that calls are answered meanwhile; rejects with the error that ended it. The
 * thread is never terminated: native code that is interrupted so throws into C++, which aborts the whole process. What
 * was asked to end is waited for, however long the native call under way takes.
 */
export function callThread<Input, Report, Result>(call: ThreadCall<Input, Report>): Promise<Result> {
  const { file, input, signal, suspend, onReport, onStillComputing, patienceMs = PATIENCE_MS } = call;
  const worker = new Worker(file, { workerData: input });
  return new Promise((resolve, reject) => {
    let settle: (() => void) | undefined;
    let waiting: NodeJS.Timeout | undefined;
    let times = 0;
    const ask = (type: ThreadRequest['type']) => () => {
      worker.postMessage({ type } satisfies ThreadRequest);
      waiting ??= setInterval(() => onStillComputing(times++), patienceMs);
    };
    const unlink = [onAbort(signal, ask('cancel')), onAbort(suspend, ask('suspend'))];
    worker.on('message', (message: ThreadMessage<Report, Result>) => {
      if (message.type === 'report') onReport(message.report);
      else if (message.type === 'done') settle = () => resolve(message.result);
      else settle = () => reject(new FacetError(message.kind, message.message, message.options));
    });
    worker.on('error', (error) => {
      settle = () => reject(error);
    });
    worker.on('exit', (code) => {
      clearInterval(waiting);
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
