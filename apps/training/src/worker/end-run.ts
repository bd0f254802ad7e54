import { endedProgress, type LiveRuns } from '../runs/live-runs.ts';
import { memberOutcomes, membersOf } from '../runs/records/run-members.ts';
import type { RunOutcome, RunRecord } from '../runs/records/run-record.ts';
import type { RunStore } from '../runs/records/run-store.ts';
import type { RunEvents } from '../runs/run-events.ts';

export interface EndRunDependencies {
  runs: RunStore;
  live: LiveRuns;
  events: RunEvents;
}

/** Records how a run ended, unless an outcome stands already, and does what follows from the one that stands. */
export async function endRun(
  dependencies: EndRunDependencies,
  record: RunRecord,
  outcome: Omit<RunOutcome, 'uid' | 'time'>,
): Promise<void> {
  const stated = { ...outcome, uid: record.uid, time: new Date().toISOString() };
  await settleEnd(dependencies, record, await dependencies.runs.end(record.id, stated));
}

/** Does what follows from an outcome; can be repeated, by a worker that takes over from one that died in between. */
export async function settleEnd(
  { runs, events, live }: EndRunDependencies,
  record: RunRecord,
  held: RunOutcome,
): Promise<void> {
  await runs.checkpoints(record).deleteAll();
  if (held.state === 'SUCCEEDED') await announceSaes(events, record, held);
  await events.runEnded(record, held);
  live.progress.send(record.id, endedProgress(held.uid, held.time));
}

/** Announces every SAE that the run has published. */
async function announceSaes(
  events: RunEvents,
  { id, uid, spec }: RunRecord,
  outcome: RunOutcome,
): Promise<void> {
  const outcomes = memberOutcomes(outcome);
  for (const [i, { sae }] of membersOf(spec).entries()) {
    if (outcomes[i]?.error) continue;
    await events.saePublished({
      id: sae,
      trainingRun: `trainingRuns/${id}`,
      time: new Date(outcome.time),
      key: i === 0 ? uid : `${uid}-${i}`,
    });
  }
}
