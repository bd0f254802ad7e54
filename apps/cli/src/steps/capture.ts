import { ActivationSet, type ActivationSetSpec } from '@facet/contracts';
import type { Clients } from '../clients.ts';
import type { Invocation } from '../invocation.ts';
import { formatBytes, formatCount, formatRate } from '../render/quantities.ts';
import { follow, type LongWork, type WorkView } from './follow.ts';
import { shortState } from './state.ts';

/** What to capture and under which id. */
export interface CaptureRequest {
  id: string;
  spec: Partial<ActivationSetSpec>;
}

/** Creates an activation set and follows it until it is ACTIVE; cancels it when interrupted. */
export async function capture(
  clients: Clients,
  { id, spec }: CaptureRequest,
  { progress, signal }: Pick<Invocation, 'progress' | 'signal'>,
): Promise<ActivationSet> {
  const stage = progress.stage('capture');
  try {
    const name = `activationSets/${id}`;
    const request = { activationSetId: id, requestId: id, spec };
    await clients.capture.createActivationSet(request, { signal });
    const set = await follow(captureWork(clients, name), stage, signal);
    stage.done(describeCapture(set));
    return set;
  } catch (error) {
    stage.stopped(signal.aborted ? 'interrupted' : 'failed');
    throw error;
  }
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

/** Says what an ACTIVE set holds and how fast it was made. */
export function describeCapture({ summary }: ActivationSet): string {
  if (summary === undefined) return 'nothing';
  const { rows, shards, bytes, captureSeconds } = summary;
  const speed = captureSeconds > 0 ? `, ${formatRate(Number(rows) / captureSeconds, 'tokens')}` : '';
  return `${formatCount(rows)} tokens in ${shards} shards, ${formatBytes(bytes)}${speed}`;
}
