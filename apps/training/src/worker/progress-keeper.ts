import type { Logger } from '@facet/mesh';
import type { LiveRuns } from '../runs/live-runs.ts';
import type { RunRecord } from '../runs/records/run-record.ts';
import type { RunStore } from '../runs/records/run-store.ts';
import type { TaskProgress } from './training-reports.ts';

/** Says and keeps how far a run has come. */
export interface ProgressKeeper {
  /** Broadcasts progress and keeps it now and then. */
  note(progress: TaskProgress): void;
  /** Lets other work go on beside training; its failure is logged as `complaint`. */
  during(work: Promise<void>, complaint: string): void;
  /** Waits for everything that is under way. */
  settle(): Promise<void>;
}

/** Progress is kept in the object store this often; live messages come several times a second. */
const KEEP_INTERVAL_MS = 2_000;

/** Creates the keeper of one run's progress; writes go one at a time. */
export function createProgressKeeper(
  { runs, live, logger }: { runs: RunStore; live: LiveRuns; logger: Logger },
  { id, uid }: RunRecord,
): ProgressKeeper {
  let keptMs = 0;
  let keptStage = '';
  let writing: Promise<void> = Promise.resolve();
  const beside = new Set<Promise<void>>();
  return {
    note(progress) {
      const stated = { ...progress, uid, time: new Date().toISOString() };
      live.progress.send(id, stated);
      const fresh = Date.now() - keptMs < KEEP_INTERVAL_MS;
      if (fresh && progress.stage === 'training' && keptStage === 'training') return;
      keptMs = Date.now();
      keptStage = progress.stage;
      writing = writing
        .then(() => runs.writeProgress(id, stated))
        .catch((err) => logger.warn({ err, run: id }, 'progress was not kept'));
    },
    during(work, complaint) {
      const done = work
        .catch((err) => logger.warn({ err, run: id }, complaint))
        .finally(() => beside.delete(done));
      beside.add(done);
    },
    async settle() {
      await Promise.all([writing, ...beside]);
    },
  };
}
