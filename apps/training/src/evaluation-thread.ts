import type { EvaluationProgress, EvaluationQuestion, SaeEvaluation } from './evaluation-record.ts';
import { callThread } from './thread-call.ts';

/** What the thread of an evaluation is given. */
export interface EvaluationThreadInput {
  objectsUrl: string;
  inferenceAddress: string | undefined;
  question: EvaluationQuestion;
  threads: number;
}

/** Evaluates an SAE in a thread of its own; rejects with the FacetError that ended it. */
export function runEvaluationThread(
  input: EvaluationThreadInput,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: EvaluationProgress) => void },
): Promise<SaeEvaluation> {
  const file = new URL('../dist/evaluation-worker.js', import.meta.url);
  return callThread({ file, input, signal, onReport: onProgress });
}
