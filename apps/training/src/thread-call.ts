import { Worker } from 'node:worker_threads';
import { FacetError, type FacetErrorKind, type FacetErrorOptions } from '@facet/errors';

/** What a thread of its own tells: any number of reports, then how it ended. */
export type ThreadMessage<Report, Result> =
  | { type: 'report'; report: Report }
  | { type: 'done'; result: Result }
  | { type: 'failed'; kind: FacetErrorKind; message: string; options: FacetErrorOptions };

/** What it can be asked. */
export interface ThreadRequest {
  type: 'cancel';
}

export interface ThreadCall<Input, Report> {
  /** The compiled file of the thread; it answers with `answerThread`. */
  file: URL;
  input: Input;
  /** Asks the thread to end; it is terminated where it has not after 30 s. */
  signal: AbortSignal;
  onReport: (report: Report) => void;
}

/** A cancelled thread ends between two steps; one that has not after this long is terminated. */
const CANCEL_GRACE_MS = 30_000;

/** Runs heavy work in a thread of its own, so that calls are answered meanwhile; rejects with the error that ended it. */
export function callThread<Input, Report, Result>(call: ThreadCall<Input, Report>): Promise<Result> {
  const { file, input, signal, onReport } = call;
  const worker = new Worker(file, { workerData: input });
  return new Promise((resolve, reject) => {
    let settle: (() => void) | undefined;
    let timer: NodeJS.Timeout | undefined;
    const cancel = () => {
      worker.postMessage({ type: 'cancel' } satisfies ThreadRequest);
      timer = setTimeout(() => void worker.terminate(), CANCEL_GRACE_MS);
    };
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    worker.on('message', (message: ThreadMessage<Report, Result>) => {
      if (message.type === 'report') onReport(message.report);
      else if (message.type === 'done') settle = () => resolve(message.result);
      else settle = () => reject(new FacetError(message.kind, message.message, message.options));
    });
    worker.on('error', (error) => {
      settle = () => reject(error);
    });
    worker.on('exit', (code) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      if (settle) settle();
      else reject(new FacetError('aborted', `a thread ended with code ${code} before it was done`));
    });
  });
}
