import { Worker } from 'node:worker_threads';
import { FacetError, type FacetErrorKind, type FacetErrorOptions } from '@facet/errors';
import type { Evaluation, RunProgress, RunRecord } from './run-record.ts';

/** What the thread of a run is given. */
export interface ThreadInput {
  objectsUrl: string;
  record: RunRecord;
  threads: number;
}

/** What it tells. */
export type ThreadReport =
  | { type: 'progress'; progress: Omit<RunProgress, 'uid' | 'time'> }
  | { type: 'done'; evaluation: Evaluation }
  | { type: 'failed'; kind: FacetErrorKind; message: string; options: FacetErrorOptions };

/** What it can be asked. */
export interface ThreadRequest {
  type: 'cancel';
}

export interface ThreadOptions {
  signal: AbortSignal;
  onProgress: (progress: Omit<RunProgress, 'uid' | 'time'>) => void;
}

/** A cancelled thread ends between two steps; one that has not after this long is terminated. */
const CANCEL_GRACE_MS = 30_000;

/** Runs one training run in a thread of its own; rejects with the FacetError that ended it. */
export function runTrainingThread(
  input: ThreadInput,
  { signal, onProgress }: ThreadOptions,
): Promise<Evaluation> {
  const worker = new Worker(new URL('../dist/training-worker.js', import.meta.url), { workerData: input });
  return new Promise((resolve, reject) => {
    let result: (() => void) | undefined;
    let timer: NodeJS.Timeout | undefined;
    const cancel = () => {
      worker.postMessage({ type: 'cancel' } satisfies ThreadRequest);
      timer = setTimeout(() => void worker.terminate(), CANCEL_GRACE_MS);
    };
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    worker.on('message', (report: ThreadReport) => {
      if (report.type === 'progress') onProgress(report.progress);
      else if (report.type === 'done') result = () => resolve(report.evaluation);
      else result = () => reject(new FacetError(report.kind, report.message, report.options));
    });
    worker.on('error', (error) => {
      result = () => reject(error);
    });
    worker.on('exit', (code) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      if (result) result();
      else
        reject(new FacetError('aborted', `the training thread ended with code ${code} before it was done`));
    });
  });
}
