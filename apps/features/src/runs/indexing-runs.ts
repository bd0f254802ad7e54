import { randomUUID } from 'node:crypto';
import { openActivationSet, readSaeManifest } from '@facet/artifacts';
import { isFacetError } from '@facet/errors';
import { type CreateRequest, idOfRequest, linkSignals, requireRepeated } from '@facet/mesh';
import { absentAsUndefined, type ObjectStore } from '@facet/objects';
import { STATE_POLL_MS } from '../limits.ts';
import { type EndingParts, endRun } from './end-run.ts';
import type { IndexTurns } from './index-turns.ts';
import { jobOf, QUEUE } from './jobs.ts';
import { indexLineage, requireMatching } from './lineage-check.ts';
import { liveProgress } from './live-progress.ts';
import type { RunProgress, RunRecord, RunView } from './run-record.ts';

/** What to index. */
export interface RunRequest {
  /** Empty: one is chosen. */
  id: string;
  requestId: string;
  sae: string;
  activationSet: string;
  maxTokens: number;
}

/** Indexing runs as resources. */
export interface IndexingRuns {
  /**
   * Checks what is asked for, creates the run and queues its job; the same request again gives the same run. `aborted` while another run
   * of the SAE has not ended.
   */
  create(request: RunRequest): Promise<RunView>;
  get(id: string): Promise<RunView>;
  /** Runs behind `after`, by id. */
  list(after: string | undefined, limit: number): Promise<RunView[]>;
  /** Ends a run unless it has ended. */
  cancel(id: string): Promise<RunView>;
  /** Yields the run now, whenever it changes, and ends with its final state. */
  watch(id: string, signal: AbortSignal): AsyncIterable<RunView>;
}

export interface IndexingRunsParts extends EndingParts {
  store: ObjectStore;
  turns: IndexTurns;
}

/** Creates the resources over the object store and the queue. */
export function createIndexingRuns(parts: IndexingRunsParts): IndexingRuns {
  const { runs, bus, turns } = parts;

  /** A run counts as ended when what follows from its end is done: nobody is told of an index that is not seen yet. */
  async function viewOf(record: RunRecord, progress?: RunProgress): Promise<RunView> {
    const [start, settled] = await Promise.all([runs.started(record.id), runs.settled(record.id)]);
    return { record, start, outcome: settled ? await runs.outcome(record.id) : undefined, progress };
  }

  /** The run that the same request has made before. */
  async function findRepeated(request: RunRequest): Promise<RunRecord | undefined> {
    const { id } = request;
    const found = await absentAsUndefined(() => runs.read(id));
    if (found !== undefined) requireRepeated({ ...RESOURCE, id }, contentOf(found), contentOf(request));
    return found;
  }

  async function createRecord(record: RunRecord): Promise<RunRecord> {
    try {
      await runs.create(record);
      return record;
    } catch (error) {
      if (!isFacetError(error) || error.kind !== 'exists') throw error;
      const found = await findRepeated(record);
      if (found === undefined) throw error;
      return found;
    }
  }

  return {
    async create({ id, ...asked }) {
      const request = { ...asked, id: id || idOfRequest('index', asked.requestId) };
      const repeated = await findRepeated(request);
      const wanted = repeated ?? (await checkedRecord(parts, request));
      const record = repeated ?? (await createRecord(wanted));
      try {
        // Also for a repeated request: the first one may have ended between the two steps.
        if ((await runs.outcome(record.id)) === undefined) {
          await turns.claim(record);
          await bus.enqueue(QUEUE, jobOf(record));
        }
      } catch (error) {
        if (repeated === undefined && record === wanted) await runs.delete(record);
        throw error;
      }
      return viewOf(record);
    },
    get: async (id) => viewOf(await runs.read(id)),
    async list(after, limit) {
      const found: RunView[] = [];
      for (const id of await runs.ids()) {
        if (after !== undefined && id <= after) continue;
        if (found.length === limit) break;
        // It may have been deleted since the ids were read.
        const view = await absentAsUndefined(async () => viewOf(await runs.read(id)));
        if (view !== undefined) found.push(view);
      }
      return found;
    },
    async cancel(id) {
      const record = await runs.read(id);
      if ((await runs.outcome(id)) === undefined) await endRun(parts, record, { state: 'CANCELLED' });
      return viewOf(record);
    },
    watch: (id, signal) => watchRun(parts, viewOf, { id, signal }),
  };
}

async function checkedRecord({ store, now }: IndexingRunsParts, request: RunRequest): Promise<RunRecord> {
  const { requestId, sae, activationSet, maxTokens } = request;
  const stored = await readSaeManifest(store, sae);
  const set = await openActivationSet(store, activationSet);
  requireMatching(stored, set);
  return {
    formatVersion: 1,
    id: request.id,
    uid: randomUUID(),
    requestId,
    createTime: new Date(now()).toISOString(),
    sae,
    activationSet,
    maxTokens,
    lineage: indexLineage(stored, set),
  };
}

/** How errors name a run. */
const RESOURCE = {
  collection: 'indexingRuns',
  resourceType: 'IndexingRun',
  idField: 'indexing_run_id',
} as const;

/** What a run was made of. */
function contentOf({ requestId, sae, activationSet, maxTokens }: RunRequest): CreateRequest {
  return { requestId, content: { sae, activationSet, maxTokens } };
}

type ViewOf = (record: RunRecord, progress?: RunProgress) => Promise<RunView>;

async function* watchRun(
  { runs, bus }: IndexingRunsParts,
  viewOf: ViewOf,
  { id, signal }: { id: string; signal: AbortSignal },
): AsyncGenerator<RunView> {
  const record = await runs.read(id);
  const ended = new AbortController();
  const linked = linkSignals([signal, ended.signal]);
  const messages = liveProgress(bus).listen(record.uid, linked.signal);
  try {
    await messages.ready;
    const source = messages[Symbol.asyncIterator]();
    let message = source.next();
    let progress: RunProgress | undefined;
    let shown = '';
    for (;;) {
      const view = await viewOf(record, progress);
      const text = JSON.stringify([view.start, view.outcome, view.progress]);
      if (text !== shown) yield view;
      shown = text;
      if (view.outcome !== undefined || signal.aborted) return;
      const arrived = await Promise.race([message, pollPause()]);
      if (arrived === undefined) continue;
      if (arrived.done) return;
      progress = arrived.value;
      message = source.next();
    }
  } finally {
    ended.abort();
    linked.dispose();
  }
}

function pollPause(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, STATE_POLL_MS, undefined));
}
