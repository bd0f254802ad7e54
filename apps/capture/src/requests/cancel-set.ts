import type { CaptureContext } from '../capture-context.ts';
import { endSet } from '../sets/end-set.ts';
import { describeSet, type SetDescription } from './describe-set.ts';

/** Cancels a capture and removes what was written; a set that has ended already stays as it is. */
export async function cancelSet(context: CaptureContext, id: string): Promise<SetDescription> {
  const { record, state } = await describeSet(context, id);
  if (state === 'PENDING' || state === 'CAPTURING') await endSet(context, record, { state: 'CANCELLED' });
  return describeSet(context, id);
}
