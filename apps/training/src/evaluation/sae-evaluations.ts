import { createTurnstile, type Logger, linkSignals } from '@facet/mesh';
import type { EvaluationProgress, EvaluationQuestion, SaeEvaluation } from './evaluation-record.ts';
import { type EvaluationThreadInput, runEvaluationThread } from './evaluation-thread.ts';

export type EvaluationEvent =
  | { type: 'progress'; progress: EvaluationProgress }
  | { type: 'evaluation'; evaluation: SaeEvaluation };

/** Evaluates SAEs, one after another: an evaluation uses every core. */
export interface SaeEvaluations {
  /** Yields how far the evaluation has come, at least once, and at last the result. A reader that leaves ends it. */
  evaluate(question: EvaluationQuestion, signal: AbortSignal): AsyncGenerator<EvaluationEvent>;
  /** Ends all evaluations and waits until none computes any more; later ones are refused as `cancelled`. */
  close(): Promise<void>;
}

export interface SaeEvaluationSettings extends Omit<EvaluationThreadInput, 'question'> {
  logger: Logger;
}

/** Most evaluations that wait for their turn; more are refused with `exhausted`. */
const MAX_WAITING = 8;

/** Creates the queue. */
export function createSaeEvaluations({ logger, ...settings }: SaeEvaluationSettings): SaeEvaluations {
  const closing = new AbortController();
  const turnstile = createTurnstile({
    capacity: 1,
    maxWaiting: MAX_WAITING,
    place: 'the evaluation of SAEs',
    reason: 'TOO_MANY_EVALUATIONS',
  });
  let running: Promise<unknown> = Promise.resolve();
  const run = async (
    question: EvaluationQuestion,
    options: { signal: AbortSignal; onProgress: (progress: EvaluationProgress) => void },
  ): Promise<SaeEvaluation> => {
    const leave = await turnstile.enter(options.signal);
    const onStillComputing = () =>
      logger.warn({ sae: question.sae }, 'asked to end, the evaluation still computes');
    const evaluated = runEvaluationThread({ ...settings, question }, { ...options, onStillComputing });
    running = evaluated.catch(() => undefined);
    return evaluated.finally(leave);
  };
  return {
    async *evaluate(question, signal) {
      const left = new AbortController();
      const linked = linkSignals([signal, left.signal, closing.signal]);
      try {
        yield { type: 'progress', progress: waiting(question) };
        const events = latest<EvaluationProgress, SaeEvaluation>((onProgress) =>
          run(question, { signal: linked.signal, onProgress }),
        );
        for await (const progress of events.reports) yield { type: 'progress', progress };
        yield { type: 'evaluation', evaluation: await events.result };
      } finally {
        left.abort();
        linked.dispose();
      }
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}

function waiting({ maxTokens }: EvaluationQuestion): EvaluationProgress {
  return { stage: 'waiting', done: 0, total: maxTokens, rate: 0 };
}

/** Starts work that reports; of reports that nobody has taken yet only the newest is kept. */
function latest<Report, Result>(work: (onReport: (report: Report) => void) => Promise<Result>) {
  let newest: Report | undefined;
  let ended = false;
  let wake = () => {};
  const result = work((report) => {
    newest = report;
    wake();
  }).finally(() => {
    ended = true;
    wake();
  });
  result.catch(() => undefined); // Seen by whoever awaits the result.
  async function* reports(): AsyncGenerator<Report> {
    while (true) {
      const report = newest;
      newest = undefined;
      if (report !== undefined) yield report;
      else if (ended) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (ended || newest !== undefined) resolve();
        });
    }
  }
  return { reports: reports(), result };
}
