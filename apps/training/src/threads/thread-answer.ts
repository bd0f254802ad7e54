import { parentPort, workerData } from 'node:worker_threads';
import { isFacetError } from '@facet/errors';
import type { ThreadMessage, ThreadRequest } from './thread-call.ts';

export interface ThreadContext<Report> {
  /** Aborts when the caller has given up. */
  signal: AbortSignal;
  /** Aborts when the caller wants the work interrupted so that it can go on later. */
  suspend: AbortSignal;
  report: (report: Report) => void;
}

/**
 * Does the work of this thread and tells its caller how it ended; an error that is no FacetError ends the thread and
 * reaches the caller whole.
 */
export async function answerThread<Input, Report, Result>(
  work: (input: Input, context: ThreadContext<Report>) => Promise<Result>,
): Promise<void> {
  const cancel = new AbortController();
  const suspend = new AbortController();
  const send = (message: ThreadMessage<Report, Result>) => parentPort!.postMessage(message);
  parentPort!.on('message', (request: ThreadRequest) => {
    (request.type === 'cancel' ? cancel : suspend).abort();
  });
  try {
    const report = (report: Report) => send({ type: 'report', report });
    const context = { signal: cancel.signal, suspend: suspend.signal, report };
    send({ type: 'done', result: await work(workerData as Input, context) });
  } catch (error) {
    if (!isFacetError(error)) throw error;
    const { kind, message, reason, metadata, field } = error;
    send({ type: 'failed', kind, message, options: { reason, metadata, field } });
  } finally {
    parentPort!.close();
  }
}
