import { ActivationSet, type ActivationSetSpec } from '@facet/contracts';
import { newId } from '@facet/mesh';
import type { Invocation } from '../command/invocation.ts';
import type { Clients } from '../services/clients.ts';
import { formatBytes, formatCount, formatNumberOf, formatRate } from '../text/quantities.ts';
import { doWork, type LongWork, type WorkView } from './follow.ts';
import { shortState } from './state.ts';

/** What to capture and under which id. */
export interface CaptureRequest {
  id: string;
  spec: Partial<ActivationSetSpec>;
  /** Called with the name of the resource when it has been created. */
  started?: (name: string) => void;
}

/** Creates an activation set and follows it until it is ACTIVE; cancels it when interrupted. */
export async function capture(
  clients: Clients,
  { id, spec, started }: CaptureRequest,
  invocation: Pick<Invocation, 'progress' | 'signal'>,
): Promise<ActivationSet> {
  const name = `activationSets/${id}`;
  const step = {
    title: 'capture',
    work: captureWork(clients, name),
    start: async (signal: AbortSignal) => {
      await clients.capture.createActivationSet(
        { activationSetId: id, requestId: newId('request'), spec },
        { signal },
      );
      started?.(name);
    },
    outcome: describeCapture,
  };
  return doWork(step, invocation);
}

/** An activation set as work that can be followed. */
export function captureWork(clients: Clients, name: string): LongWork<ActivationSet> {
  return {
    name,
    watch: async function* (signal) {
      for await (const { activationSet } of clients.capture.watchActivationSet({ name }, { signal })) {
        yield ActivationSet.fromPartial(activationSet ?? {});
      }
    },
    cancel: (signal) => clients.capture.cancelActivationSet({ name }, { signal }),
    view: captureView,
  };
}

function captureView({ state, progress, error }: ActivationSet): WorkView {
  return { state: shortState(state), progress, error };
}

/** Says what an ACTIVE set holds, how fast it was made, and how its corpus was read. */
export function describeCapture({ summary }: ActivationSet): string {
  if (summary === undefined) return 'nothing';
  const { rows, shards, bytes, captureSeconds, corpusFormat } = summary;
  const speed = captureSeconds > 0 ? `, ${formatRate(Number(rows) / captureSeconds, 'tokens')}` : '';
  const from = corpusFormat === '' ? '' : `; read as ${corpusFormat}`;
  return `${formatCount(rows)} tokens in ${formatNumberOf(shards, 'shard')}, ${formatBytes(bytes)}${speed}${from}`;
}
