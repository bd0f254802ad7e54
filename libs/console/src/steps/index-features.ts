import { IndexingRun, type IndexingSpec } from '@facet/contracts';
import { newId } from '@facet/mesh';
import type { Invocation } from '../command/invocation.ts';
import type { Clients } from '../services/clients.ts';
import { formatCount, formatRate } from '../text/quantities.ts';
import { doWork, type LongWork, type WorkView } from './follow.ts';
import { shortState } from './state.ts';

/** What to index and under which id. */
export interface IndexRequest {
  id: string;
  spec: Partial<IndexingSpec>;
  /** Called with the name of the resource when it has been created. */
  started?: (name: string) => void;
}

/** Creates an indexing run and follows it until its index is seen; cancels it when interrupted. */
export async function indexFeatures(
  clients: Clients,
  { id, spec, started }: IndexRequest,
  invocation: Pick<Invocation, 'progress' | 'signal'>,
): Promise<IndexingRun> {
  const name = `indexingRuns/${id}`;
  const step = {
    title: 'index',
    work: indexingWork(clients, name),
    start: async (signal: AbortSignal) => {
      await clients.indexing.createIndexingRun(
        { indexingRunId: id, requestId: newId('request'), spec },
        { signal },
      );
      started?.(name);
    },
    outcome: describeIndexing,
  };
  return doWork(step, invocation);
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
