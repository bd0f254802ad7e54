import { setTimeout as sleep } from 'node:timers/promises';
import type { EventBus } from '@facet/events';
import { endedProgress, type LiveRuns } from './live-runs.ts';
import type { Run } from './records/run-record.ts';
import { isResting, type RunStore } from './records/run-store.ts';
import type { RunEvents } from './run-events.ts';
import { jobOf } from './run-jobs.ts';

export interface ControlDependencies {
  runs: RunStore;
  bus: EventBus;
  live: LiveRuns;
  events: RunEvents;
}

/** How long a cancellation waits for a publication that won against it, and a pause for its worker's answer. */
const ANSWER_WAIT_MS = 10_000;
const ANSWER_POLL_MS = 100;

/** Cancels a run, unless it has ended or publishes already; gives the run as it is then. */
export async function cancelRun({ runs, live, events }: ControlDependencies, id: string): Promise<Run> {
  const { record, outcome } = await runs.read(id);
  if (outcome) return runs.read(id);
  const { uid } = record;
  const claim = await runs.claim(id, { uid, by: 'cancel' });
  if (claim.by === 'publish') return waitForRest(runs, id);
  live.cancels.send(id, {});
  const time = new Date().toISOString();
  const held = await runs.end(id, { uid, state: 'CANCELLED', time });
  await runs.checkpoints(record).deleteAll();
  await events.runEnded(record, held);
  live.progress.send(id, endedProgress(uid, time));
  return runs.read(id);
}

/** Asks for a checkpoint and a rest, and waits a while for the worker's answer. */
export async function pauseRun(
  { runs, live }: Pick<ControlDependencies, 'runs' | 'live'>,
  id: string,
): Promise<Run> {
  const { outcome } = await runs.read(id);
  if (outcome) return runs.read(id);
  await runs.control(id).pause();
  live.pauses.send(id, {});
  return waitForRest(runs, id);
}

/** Lets a paused run go on. Queues it also where it is not paused: a job that is there already is not queued twice. */
export async function resumeRun(
  { runs, bus }: Pick<ControlDependencies, 'runs' | 'bus'>,
  id: string,
): Promise<Run> {
  const { outcome } = await runs.read(id);
  if (outcome) return runs.read(id);
  await runs.control(id).resume();
  const run = await runs.read(id);
  await bus.enqueue('train', jobOf(run));
  return run;
}

/** Reads a run until it has ended or rests; a run that takes longer is given back as it is. */
async function waitForRest(runs: RunStore, id: string): Promise<Run> {
  for (let waitedMs = 0; waitedMs < ANSWER_WAIT_MS; waitedMs += ANSWER_POLL_MS) {
    const run = await runs.read(id);
    if (isResting(run)) return run;
    await sleep(ANSWER_POLL_MS);
  }
  return runs.read(id);
}
