import { setTimeout as sleep } from 'node:timers/promises';
import { createDeletedSaes, readSaeManifest, type SaeIdentity } from '@facet/artifacts';
import type { EventBus } from '@facet/events';
import type { FeatureIndex } from '@facet/feature-index';
import type { Logger } from '@facet/mesh';
import { absentAsUndefined, type ObjectStore } from '@facet/objects';
import { FORGET_INTERVAL_MS } from '../limits.ts';
import type { IndexTurns } from '../runs/index-turns.ts';
import type { LabelStore } from './label-store.ts';

export interface ForgettingParts {
  store: ObjectStore;
  index: FeatureIndex;
  labels: LabelStore;
  turns: Pick<IndexTurns, 'living'>;
  bus: EventBus;
  logger: Logger;
}

const SUBJECT = 'facet.sae.deleted';

/**
 * Removes the indexes and labels of deleted SAEs until `signal` aborts: at the start, when one is deleted, and from time to time, for
 * an event can be lost and ClickHouse can be away. Until then no question is answered from them: they are bound to their SAE.
 */
export async function forgetDeletedSaes(parts: ForgettingParts, signal: AbortSignal): Promise<void> {
  const deletions = parts.bus.subscribe(SUBJECT, { signal })[Symbol.asyncIterator]();
  let deletion = deletions.next();
  while (!signal.aborted) {
    await forgetAll(parts, signal).catch((err) => {
      if (!signal.aborted)
        parts.logger.warn({ err }, 'what is kept of deleted SAEs was not removed; it is tried again');
    });
    const woken = await Promise.race([deletion, pause(signal)]);
    if (woken === undefined) continue;
    if (woken.done) return;
    woken.value.ack();
    deletion = deletions.next();
  }
}

async function forgetAll(
  { store, index, labels, turns, logger }: ForgettingParts,
  signal: AbortSignal,
): Promise<void> {
  const deleted = createDeletedSaes(store);
  for (const sae of await deleted.list()) {
    if (await stands(store, sae)) continue;
    // Looked at first: a run that has decided to succeed may still publish. Then the note stands for the next time.
    const isWritten = (await turns.living(sae.sae)) !== undefined;
    await labels.drop(sae);
    await index.drop(sae, signal);
    if (isWritten) continue;
    await deleted.forget(sae);
    logger.info({ sae: sae.sae, sha256: sae.sha256 }, 'index and labels of a deleted SAE were removed');
  }
}

/** Whether it is not deleted yet, or the same SAE was published again. */
async function stands(store: ObjectStore, { sae, sha256 }: SaeIdentity): Promise<boolean> {
  const now = await absentAsUndefined(() => readSaeManifest(store, sae));
  return now?.identity.sha256 === sha256;
}

function pause(signal: AbortSignal): Promise<undefined> {
  return sleep(FORGET_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
}
