import { callThread } from '../threads/thread-call.ts';
import type { EvaluationProgress, EvaluationQuestion, SaeEvaluation } from './evaluation-record.ts';

/** What the thread of an evaluation is given. */
export interface EvaluationThreadInput {
  objectsUrl: string;
  inferenceAddress: string | undefined;
  question: EvaluationQuestion;
  threads: number;
}

export interface EvaluationThreadOptions {
  signal: AbortSignal;
  onProgress: (progress: EvaluationProgress) => void;
  /** Called again and again while a thread that was asked to end still computes. */
  onStillComputing: () => void;
}

/** Evaluates an SAE in a thread of its own; rejects with the FacetError that ended it. */
export function runEvaluationThread(
  input: EvaluationThreadInput,
  { signal, onProgress, onStillComputing }: EvaluationThreadOptions,
): Promise<SaeEvaluation> {
  const file = new URL('../../dist/evaluation/evaluation-worker.js', import.meta.url);
  return callThread({ file, input, signal, onReport: onProgress, onStillComputing });
}
