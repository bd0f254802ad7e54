import { parentPort, workerData } from 'node:worker_threads';
import { isFacetError } from '@facet/errors';
import { openObjectStore } from '@facet/objects';
import { createRunStore } from './run-store.ts';
import { runTrainingTask } from './training-task.ts';
import type { ThreadInput, ThreadReport, ThreadRequest } from './training-thread.ts';

// The thread of one training run: reads shards, trains and publishes, so that the service's event loop stays free.
const { objectsUrl, record, threads } = workerData as ThreadInput;
const cancel = new AbortController();
const report = (message: ThreadReport) => parentPort!.postMessage(message);
parentPort!.on('message', (request: ThreadRequest) => {
  if (request.type === 'cancel') cancel.abort();
});
const store = openObjectStore(objectsUrl);
try {
  const evaluation = await runTrainingTask({
    store,
    runs: createRunStore(store),
    record,
    threads,
    signal: cancel.signal,
    now: () => performance.now(),
    onProgress: (progress) => report({ type: 'progress', progress }),
  });
  report({ type: 'done', evaluation });
} catch (error) {
  if (!isFacetError(error)) throw error;
  const { kind, message, reason, metadata } = error;
  report({ type: 'failed', kind, message, options: { reason, metadata } });
} finally {
  parentPort!.close();
}
