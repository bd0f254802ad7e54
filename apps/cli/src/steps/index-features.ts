import { IndexingRun, type IndexingSpec } from '@facet/contracts';
import type { Clients } from '../clients.ts';
import type { Invocation } from '../invocation.ts';
import { formatCount, formatRate } from '../render/quantities.ts';
import { follow, type LongWork, type WorkView } from './follow.ts';
import { shortState } from './state.ts';

/** What to index and under which id. */
export interface IndexRequest {
  id: string;
  spec: Partial<IndexingSpec>;
}

/** Creates an indexing run and follows it until its index is seen; cancels it when interrupted. */
export async function indexFeatures(
  clients: Clients,
  { id, spec }: IndexRequest,
  { progress, signal }: Pick<Invocation, 'progress' | 'signal'>,
): Promise<IndexingRun> {
  const stage = progress.stage('index');
  try {
    const name = `indexingRuns/${id}`;
    await clients.indexing.createIndexingRun({ indexingRunId: id, requestId: id, spec }, { signal });
    const run = await follow(indexingWork(clients, name), stage, signal);
    stage.done(describeIndexing(run));
    return run;
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted' : 'failed');
    throw error;
  }
}

/** An indexing run as work that can be followed. */
export function indexingWork(clients: Clients, name: string): LongWork<IndexingRun> {
  return {
    name,
    watch: async function* (signal) {
      for await (const { indexingRun } of clients.indexing.watchIndexingRun({ name }, { signal })) {
        yield IndexingRun.fromPartial(indexingRun ?? {});
      }
    },
    cancel: (signal) => clients.indexing.cancelIndexingRun({ name }, { signal }),
    view: indexingView,
  };
}

function indexingView({ state, progress, error }: IndexingRun): WorkView {
  return { state: shortState(state), progress, error };
}

/** Says what the index of a run holds. */
export function describeIndexing({ summary }: IndexingRun): string {
  if (summary === undefined) return 'nothing';
  const { events, tokens, liveFeatures, l0, seconds } = summary;
  const speed = seconds > 0 ? `, ${formatRate(Number(events) / seconds, 'events')}` : '';
  return (
    `${formatCount(events)} events of ${formatCount(liveFeatures)} features ` +
    `on ${formatCount(tokens)} tokens (l0 ${l0.toFixed(1)})${speed}`
  );
}
