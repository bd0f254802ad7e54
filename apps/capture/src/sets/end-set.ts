import type { CaptureContext } from '../capture-context.ts';
import { liveProgress } from '../jobs/live-progress.ts';
import type { SetOutcome, SetRecord } from './set-record.ts';

/**
 * Ends a set without a result and removes what was written of it. Returns silently where another outcome was
 * first; safe
 * to repeat, and repeated by workers that were still writing when the set ended.
 */
export async function endSet(
  { sets, bus, now }: CaptureContext,
  record: SetRecord,
  ending: Pick<SetOutcome, 'state' | 'error'>,
): Promise<void> {
  const { state, error } = ending;
  const { uid } = record;
  const capture = sets.capture(record);
  const holds = await capture.decide({ uid, state, time: now().toISOString(), error });
  if (holds.state !== 'ACTIVE') await capture.removeData({ shards: true });
  liveProgress(bus).send(uid, { partition: 0, rows: 0 });
}
