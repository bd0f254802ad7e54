import { InferenceServiceDefinition } from '@facet/contracts';
import { connect, createServiceClient } from '@facet/mesh';
import { openObjectStore } from '@facet/objects';
import { createRunStore } from '../runs/records/run-store.ts';
import { answerThread } from '../threads/thread-answer.ts';
import { evaluateSae } from './evaluate-sae.ts';
import type { EvaluationProgress, SaeEvaluation } from './evaluation-record.ts';
import type { EvaluationThreadInput } from './evaluation-thread.ts';

// The thread of one evaluation: reads, encodes and decodes, and asks the model, so that the service's event loop stays free.
await answerThread<EvaluationThreadInput, EvaluationProgress, SaeEvaluation>(
  async ({ objectsUrl, inferenceAddress, question, threads }, { signal, report }) => {
    const store = openObjectStore(objectsUrl);
    const connection = inferenceAddress === undefined ? undefined : connect(inferenceAddress);
    try {
      return await evaluateSae({
        store,
        runs: createRunStore(store),
        question,
        inference: connection && createServiceClient(InferenceServiceDefinition, connection),
        threads,
        signal,
        now: () => performance.now(),
        onProgress: report,
      });
    } finally {
      connection?.close();
    }
  },
);
