import { isFacetError } from '@facet/errors';
import { openObjectStore } from '@facet/objects';
import { answerTasks } from '@facet/objects/testing';
import { createRunStore } from '../runs/records/run-store.ts';
import { STATE_LENGTH } from './trained-sae.ts';

/** A worker that takes a run over and keeps a checkpoint all of whose numbers are `value`. */
export interface CheckpointTask {
  url: string;
  run: string;
  step: number;
  value: number;
}

/** A process for tests: a worker of a run that another process works on too. Answers "ok", or the reason of the error. */
answerTasks(async ({ url, run, step, value }: CheckpointTask): Promise<string> => {
  const runs = createRunStore(openObjectStore(url));
  const record = await runs.record(run);
  const arrays = new Map([['W', new Float32Array(STATE_LENGTH).fill(value)]]);
  const lineage = { modelId: 'm', modelSha256: 'aa', tokenizerSha256: 'bb' };
  try {
    const lease = await runs.takeLease(run, { worker: `process ${process.pid}`, step, attempt: 1 });
    await lease.requireHeld();
    const kept = await runs
      .checkpoints(record)
      .save({ step, identity: 'i', arrays }, lineage, lease.requireHeld);
    return kept.step === step ? 'ok' : `kept step ${kept.step}`;
  } catch (error) {
    if (isFacetError(error)) return error.reason;
    throw error;
  }
});
