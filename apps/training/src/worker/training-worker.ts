import { openObjectStore } from '@facet/objects';
import type { MemberOutcome } from '../runs/records/run-record.ts';
import { createRunStore } from '../runs/records/run-store.ts';
import { answerThread } from '../threads/thread-answer.ts';
import { runTrainingTask } from './run-training-task.ts';
import type { TrainingThreadInput, TrainingThreadReport } from './training-thread.ts';

// The thread of one training run: reads shards, trains and publishes, so that the service's event loop stays free.
await answerThread<TrainingThreadInput, TrainingThreadReport, MemberOutcome[]>(
  ({ objectsUrl, ...input }, { signal, suspend, report }) => {
    const store = openObjectStore(objectsUrl);
    return runTrainingTask({
      store,
      runs: createRunStore(store),
      ...input,
      signal,
      suspend,
      now: () => performance.now(),
      onProgress: (progress) => report({ type: 'progress', progress }),
      onMetrics: (metrics, member) => report({ type: 'metrics', metrics, member }),
    });
  },
);
